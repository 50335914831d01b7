# Draws the figure again, from its own folder: gnuplot bleu_by_length.gp
# in another format: gnuplot -e "format = 'pdf'" bleu_by_length.gp
if (!exists('format')) format = 'svg'
folder = '../../../../plots'
data = 'bleu_by_length.tsv'
output = 'bleu_by_length'.'.'.format
subject = 'bottleneck: BLEU by source length'
with_intervals = 1
array names[12] = ['rnn', 'lstm', 'gru', 'bahdanau', 'luong', 'transformer', 'decoder-only', 'transformer-lstm', 'transformer-luong', 'eliza (floor)', 'gloss (floor)', 'retrieval (floor)']
train_low = 1
train_high = 50
load folder.'/bleu_by_length.gp'
