# What training costs against sentence length: time a sentence on the left, peak memory on the
# right, both logarithmic. Dashed: what the counted products alone would take at the speed of the
# best matrix product; grey: growth in proportion to the length.
#
# Variables: folder (of this script), data, models, subject, format, output.
#   data    rows: model, length, sentences, step_ms, sentence_ms, counted_sentence_ms, peak_mb, ...
#   models  names separated by spaces, in the order of the key

load folder."/common.gp"

of(m, value) = strcol(1) eq word(models, m) ? value : NaN

stats data using 2 skip 1 nooutput
shortest = STATS_min
longest = STATS_max
stats data using 5 skip 1 nooutput
dearest = STATS_max
stats data using 6 skip 1 nooutput
least = STATS_min
stats data using 7 skip 1 nooutput
least_memory = STATS_min
most_memory = STATS_max

set multiplot
set label 1 subject at screen 0.5, screen 0.965 center
set logscale xy
set xrange [shortest / 1.25 : longest * 1.25]
set xtics ()
set for [i = 2:14] xtics add (sprintf("%d", 2**i) 2**i)
set xlabel "Length [positions]" offset 0,0.3
set ytics ()
set for [i = -2:6] ytics add (sprintf("%g", 10**i) 10**i, \
  sprintf("%g", 2 * 10**i) 2 * 10**i, sprintf("%g", 5 * 10**i) 5 * 10**i)
set grid xtics ytics lc rgb "#DDDDDD" lw 0.8
set tmargin at screen 0.87
set bmargin at screen 0.20

set lmargin at screen 0.08
set rmargin at screen 0.49
set title "Training time a sentence [ms]" offset 0,-0.4
unset key
set yrange [least / 2 : dearest * 1.4]
linear(x) = least / 1.5 * x / shortest
plot for [m = 1:words(models)] data using 2:(of(m, $5)) skip 1 with linespoints lt m, \
  for [m = 1:words(models)] data using 2:(of(m, $6)) skip 1 with lines lt m lw 1.2 dt "-", \
  linear(x) with lines lc rgb "#A0A0A0" lw 1.2
unset label 1

set lmargin at screen 0.57
set rmargin at screen 0.98
set title "Peak memory of training [MB]"
set yrange [least_memory / 1.4 : most_memory * 1.4]
plot for [m = 1:words(models)] data using 2:(of(m, $7)) skip 1 with linespoints lt m

# The key, as wide as the figure.
set lmargin at screen 0.02
set rmargin at screen 0.98
set tmargin at screen 0.10
set bmargin at screen 0.01
unset title
unset xlabel
unset tics
unset border
set key center center Left reverse horizontal samplen 2 maxrows 2
plot for [m = 1:words(models)] NaN with linespoints lt m title word(models, m), \
  NaN with lines lc rgb "#404040" lw 1.2 dt "-" title "products alone", \
  NaN with lines lc rgb "#A0A0A0" lw 1.2 title "linear growth"
unset multiplot
