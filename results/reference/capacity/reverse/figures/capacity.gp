# Draws the figure again, from its own folder: gnuplot capacity.gp
# in another format: gnuplot -e "format = 'pdf'" capacity.gp
if (!exists('format')) format = 'svg'
folder = '../../../../../plots'
data = 'capacity.tsv'
output = 'capacity'.'.'.format
subject = 'capacity, reverse: what one vector can hold'
with_intervals = 0
array names[2] = ['lstm', 'lstm-reverse_source']
load folder.'/capacity.gp'
