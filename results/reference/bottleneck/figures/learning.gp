# Draws the figure again, from its own folder: gnuplot learning.gp
# in another format: gnuplot -e "format = 'pdf'" learning.gp
if (!exists('format')) format = 'svg'
folder = '../../../../plots'
data = 'learning.tsv'
output = 'learning'.'.'.format
subject = 'bottleneck: learning curves'
with_intervals = 1
array names[9] = ['rnn', 'lstm', 'gru', 'bahdanau', 'luong', 'transformer', 'decoder-only', 'transformer-lstm', 'transformer-luong']
load folder.'/learning.gp'
