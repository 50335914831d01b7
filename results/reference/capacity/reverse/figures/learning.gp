# Draws the figure again, from its own folder: gnuplot learning.gp
# in another format: gnuplot -e "format = 'pdf'" learning.gp
if (!exists('format')) format = 'svg'
folder = '../../../../../plots'
data = 'learning.tsv'
output = 'learning'.'.'.format
subject = 'capacity, reverse: learning curves'
with_intervals = 0
array names[10] = ['lstm-32', 'lstm-32-reverse_source', 'lstm-64', 'lstm-64-reverse_source', 'lstm-128', 'lstm-128-reverse_source', 'lstm-256', 'lstm-256-reverse_source', 'lstm-512', 'lstm-512-reverse_source']
load folder.'/learning.gp'
