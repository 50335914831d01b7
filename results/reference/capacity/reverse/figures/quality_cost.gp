# Draws the figure again, from its own folder: gnuplot quality_cost.gp
# in another format: gnuplot -e "format = 'pdf'" quality_cost.gp
if (!exists('format')) format = 'svg'
folder = '../../../../../plots'
data = 'quality_cost.tsv'
output = 'quality_cost'.'.'.format
subject = 'capacity, reverse: quality against cost'
with_intervals = 0
array names[10] = ['lstm-32', 'lstm-32-reverse_source', 'lstm-64', 'lstm-64-reverse_source', 'lstm-128', 'lstm-128-reverse_source', 'lstm-256', 'lstm-256-reverse_source', 'lstm-512', 'lstm-512-reverse_source']
measure = 'Exact match [%]'
load folder.'/quality_cost.gp'
