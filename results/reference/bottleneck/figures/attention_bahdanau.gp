# Draws the figure again, from its own folder: gnuplot attention_bahdanau.gp
# in another format: gnuplot -e "format = 'pdf'" attention_bahdanau.gp
if (!exists('format')) format = 'svg'
folder = '../../../../plots'
data = 'attention_bahdanau.tsv'
output = 'attention_bahdanau'.'.'.format
subject = 'bahdanau: cross-attention, layer 0, head 0'
row_label = 'Target token'
column_label = 'Source token'
height = 15
width = 15
panels = 1
panels_across = 1
array names[panels] = ['layer 0, head 0']
load folder.'/attention.gp'
