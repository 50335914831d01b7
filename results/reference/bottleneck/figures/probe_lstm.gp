# Draws the figure again, from its own folder: gnuplot probe_lstm.gp
# in another format: gnuplot -e "format = 'pdf'" probe_lstm.gp
if (!exists('format')) format = 'svg'
folder = '../../../../plots'
data = 'probe_lstm.tsv'
output = 'probe_lstm'.'.'.format
subject = 'lstm: words that a linear probe reads from encoder.summary (length: R² 0.62)'
vector = 'encoder.summary'
lows = '11 21 31 41 51 61'
buckets = '11-20 21-30 31-40 41-50 51-60 61-80'
load folder.'/probe.gp'
