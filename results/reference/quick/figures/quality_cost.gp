# Draws the figure again, from its own folder: gnuplot quality_cost.gp
# in another format: gnuplot -e "format = 'pdf'" quality_cost.gp
if (!exists('format')) format = 'svg'
folder = '../../../../plots'
data = 'quality_cost.tsv'
output = 'quality_cost'.'.'.format
subject = 'quick, reverse: quality against cost'
with_intervals = 1
array names[4] = ['rnn', 'lstm', 'bahdanau', 'transformer']
measure = 'Exact match [%]'
load folder.'/quality_cost.gp'
