# Draws the figure again, from its own folder: gnuplot bleu_by_length.gp
# in another format: gnuplot -e "format = 'pdf'" bleu_by_length.gp
if (!exists('format')) format = 'svg'
folder = '../../../../plots'
data = 'bleu_by_length.tsv'
output = 'bleu_by_length'.'.'.format
subject = 'trained-short: BLEU by source length'
with_intervals = 1
array names[6] = ['gru-30', 'gru-50', 'bahdanau-30', 'bahdanau-50', 'gloss (floor)', 'retrieval (floor)']
train_low = 0
train_high = 0
load folder.'/bleu_by_length.gp'
