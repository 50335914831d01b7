# Validation perplexity against updates, one line a model (the first seed).
#
# Variables: folder (of this script), data, models, subject, format, output.
#   data    a row per update: update, then the perplexity of each model (NaN where it has none)
#   models  names in the order of the columns, separated by spaces

load folder."/common.gp"

set title subject
set xlabel "Updates"
set ylabel "Validation perplexity (per target token, logarithmic)"
set logscale y
set grid xtics ytics mytics lc rgb "#DDDDDD" lw 0.8, lc rgb "#EEEEEE" lw 0.6
set key top right Left reverse samplen 2
set xrange [0:*]
plot for [m = 1:words(models)] data using 1:(column(1 + m)) skip 1 \
  with linespoints lt m title word(models, m)
