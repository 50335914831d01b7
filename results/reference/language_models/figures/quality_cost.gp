# Draws the figure again, from its own folder: gnuplot quality_cost.gp
# in another format: gnuplot -e "format = 'pdf'" quality_cost.gp
if (!exists('format')) format = 'svg'
folder = '../../../../plots'
data = 'quality_cost.tsv'
output = 'quality_cost'.'.'.format
subject = 'language_models: quality against cost'
with_intervals = 0
array names[3] = ['lstm', 'gpt', 'deepseek']
measure = 'Bits per byte'
load folder.'/quality_cost.gp'
