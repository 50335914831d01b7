# Draws the figure again, from its own folder: gnuplot exact_by_length.gp
# in another format: gnuplot -e "format = 'pdf'" exact_by_length.gp
if (!exists('format')) format = 'svg'
folder = '../../../../../plots'
data = 'exact_by_length.tsv'
output = 'exact_by_length'.'.'.format
subject = 'synthetic, associative recall: exact match by source length'
with_intervals = 0
array names[7] = ['lstm', 'bahdanau', 'transformer-sinusoidal', 'transformer-learned', 'transformer-rope', 'transformer-alibi', 'transformer-none']
train_low = 3
train_high = 41
load folder.'/exact_by_length.gp'
