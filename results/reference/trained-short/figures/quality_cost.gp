# Draws the figure again, from its own folder: gnuplot quality_cost.gp
# in another format: gnuplot -e "format = 'pdf'" quality_cost.gp
if (!exists('format')) format = 'svg'
folder = '../../../../plots'
data = 'quality_cost.tsv'
output = 'quality_cost'.'.'.format
subject = 'trained-short: quality against cost'
with_intervals = 1
array names[4] = ['gru-30', 'gru-50', 'bahdanau-30', 'bahdanau-50']
measure = 'BLEU'
load folder.'/quality_cost.gp'
