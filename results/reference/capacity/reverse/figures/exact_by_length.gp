# Draws the figure again, from its own folder: gnuplot exact_by_length.gp
# in another format: gnuplot -e "format = 'pdf'" exact_by_length.gp
if (!exists('format')) format = 'svg'
folder = '../../../../../plots'
data = 'exact_by_length.tsv'
output = 'exact_by_length'.'.'.format
subject = 'capacity, reverse: exact match by source length'
with_intervals = 0
array names[10] = ['lstm-32', 'lstm-32-reverse_source', 'lstm-64', 'lstm-64-reverse_source', 'lstm-128', 'lstm-128-reverse_source', 'lstm-256', 'lstm-256-reverse_source', 'lstm-512', 'lstm-512-reverse_source']
train_low = 1
train_high = 30
load folder.'/exact_by_length.gp'
