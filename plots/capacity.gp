# The longest source that is solved against the size of the vector that has to hold it.
#
# Variables: folder (of this script), data, names, subject, with_intervals, format, output.
#   data   a row per width: experiment, width, then for each series of models the longest length and
#          the half width of its 95 % confidence interval over seeds
#   names  array of the series in the order of the columns;  with_intervals: 0 if none is known

panels_height = 560
load folder."/common.gp"

longest(m) = 3 + 2 * (m - 1)

set title subject
set label 1 "solved: 90 % exact, as are all shorter ones; ".\
  (with_intervals ? "bars: 95 % confidence over seeds" : "one seed") \
  at graph 1,graph 1.025 right font small textcolor rgb "#606060"
set xlabel "Size of the vector [numbers]"
set ylabel "Longest source solved [tokens]"
set logscale x 2
set xrange [* : *]
set offsets graph 0.05, graph 0.05, 0, 0
set yrange [0:*]
set grid xtics ytics
plot for [m = 1:|names|] data using 2:(column(longest(m))):(half(longest(m) + 1)) skip 1 \
    with yerrorbars lt m pt -1 lw 1 notitle, \
  for [m = 1:|names|] data using 2:(column(longest(m))):xtic(2) skip 1 \
    with linespoints lt m title names[m]
