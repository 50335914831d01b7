# Draws the figure again, from its own folder: gnuplot learning.gp
# in another format: gnuplot -e "format = 'pdf'" learning.gp
if (!exists('format')) format = 'svg'
folder = '../../../../plots'
data = 'learning.tsv'
output = 'learning'.'.'.format
subject = 'trained-short: learning curves'
with_intervals = 1
array names[4] = ['gru-30', 'gru-50', 'bahdanau-30', 'bahdanau-50']
load folder.'/learning.gp'
