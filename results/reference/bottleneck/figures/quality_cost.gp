# Draws the figure again, from its own folder: gnuplot quality_cost.gp
# in another format: gnuplot -e "format = 'pdf'" quality_cost.gp
if (!exists('format')) format = 'svg'
folder = '../../../../plots'
data = 'quality_cost.tsv'
output = 'quality_cost'.'.'.format
subject = 'bottleneck: quality against cost'
with_intervals = 1
array names[9] = ['rnn', 'lstm', 'gru', 'bahdanau', 'luong', 'transformer', 'decoder-only', 'transformer-lstm', 'transformer-luong']
measure = 'BLEU'
load folder.'/quality_cost.gp'
