# Draws the figure again, from its own folder: gnuplot exact_by_length.gp
# in another format: gnuplot -e "format = 'pdf'" exact_by_length.gp
if (!exists('format')) format = 'svg'
folder = '../../../../plots'
data = 'exact_by_length.tsv'
output = 'exact_by_length'.'.'.format
subject = 'quick, reverse: exact match by source length'
with_intervals = 1
array names[4] = ['rnn', 'lstm', 'bahdanau', 'transformer']
train_low = 1
train_high = 30
load folder.'/exact_by_length.gp'
