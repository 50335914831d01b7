# Draws the figure again, from its own folder: gnuplot gradient_flow.gp
# in another format: gnuplot -e "format = 'pdf'" gradient_flow.gp
if (!exists('format')) format = 'svg'
folder = '../../../../plots'
data = 'gradient_flow.tsv'
output = 'gradient_flow'.'.'.format
array names[8] = ['bahdanau', 'gru', 'lstm', 'luong', 'rnn', 'transformer-lstm', 'transformer-luong', 'transformer']
load folder.'/gradient_flow.gp'
