# Draws the figure again, from its own folder: gnuplot inspect_transformer.gp
# in another format: gnuplot -e "format = 'pdf'" inspect_transformer.gp
if (!exists('format')) format = 'svg'
folder = '../../../../plots'
data = 'inspect_transformer.tsv'
output = 'inspect_transformer'.'.'.format
subject = 'transformer: "▁la" (position 11) in encoder.layer0.self_attention'
first = 165
height = 15
before_label = 'Similarity before (cosine)'
after_label = 'Similarity after (cosine)'
load folder.'/inspect.gp'
