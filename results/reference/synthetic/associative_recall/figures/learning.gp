# Draws the figure again, from its own folder: gnuplot learning.gp
# in another format: gnuplot -e "format = 'pdf'" learning.gp
if (!exists('format')) format = 'svg'
folder = '../../../../../plots'
data = 'learning.tsv'
output = 'learning'.'.'.format
subject = 'synthetic, associative recall: learning curves'
with_intervals = 0
array names[7] = ['lstm', 'bahdanau', 'transformer-sinusoidal', 'transformer-learned', 'transformer-rope', 'transformer-alibi', 'transformer-none']
load folder.'/learning.gp'
