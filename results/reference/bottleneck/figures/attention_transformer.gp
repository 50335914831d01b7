# Draws the figure again, from its own folder: gnuplot attention_transformer.gp
# in another format: gnuplot -e "format = 'pdf'" attention_transformer.gp
if (!exists('format')) format = 'svg'
folder = '../../../../plots'
data = 'attention_transformer.tsv'
output = 'attention_transformer'.'.'.format
subject = 'transformer: cross-attention of each layer and head'
row_label = 'Target token'
column_label = 'Source token'
height = 14
width = 15
panels = 8
panels_across = 4
array names[panels] = ['layer 0, head 0', 'layer 0, head 1', 'layer 0, head 2', 'layer 0, head 3', 'layer 1, head 0', 'layer 1, head 1', 'layer 1, head 2', 'layer 1, head 3']
load folder.'/attention.gp'
