# Draws the figure again, from its own folder: gnuplot pronoun.gp
# in another format: gnuplot -e "format = 'pdf'" pronoun.gp
if (!exists('format')) format = 'svg'
folder = '../../../../plots'
data = 'pronoun.tsv'
output = 'pronoun'.'.'.format
models = 13
sentences = 4
array seeds[3] = [1, 2, 3]
array names[3] = ['dot product', 'separate_1', 'separate_2']
load folder.'/pronoun.gp'
