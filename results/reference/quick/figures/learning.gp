# Draws the figure again, from its own folder: gnuplot learning.gp
# in another format: gnuplot -e "format = 'pdf'" learning.gp
if (!exists('format')) format = 'svg'
folder = '../../../../plots'
data = 'learning.tsv'
output = 'learning'.'.'.format
subject = 'quick, reverse: learning curves'
with_intervals = 1
array names[4] = ['rnn', 'lstm', 'bahdanau', 'transformer']
load folder.'/learning.gp'
