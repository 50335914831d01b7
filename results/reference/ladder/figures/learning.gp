# Draws the figure again, from its own folder: gnuplot learning.gp
# in another format: gnuplot -e "format = 'pdf'" learning.gp
if (!exists('format')) format = 'svg'
folder = '../../../../plots'
data = 'learning.tsv'
output = 'learning'.'.'.format
subject = 'ladder: learning curves'
with_intervals = 0
array names[7] = ['lstm', 'attention', 'feeding', 'two-ways', 'encoder', 'decoder', 'transformer']
load folder.'/learning.gp'
