# Validation perplexity against updates, a line a model: mean and 95 % confidence interval over
# seeds.
#
# Variables: folder (of this script), data, names, subject, with_intervals, format, output.
#   data   a row per update: experiment, update, then for each model perplexity and the half width
#          of its interval (NaN where it has none)
#   names  array of the models in the order of the columns;  with_intervals: 0 if none is known

panels_height = 560
load folder."/common.gp"

perplexity(m) = 3 + 2 * (m - 1)
low(m) = column(perplexity(m)) - half(perplexity(m) + 1)

set title subject
set label 1 (with_intervals ? "bands: 95 % confidence over seeds" : "one seed") at graph 1,graph 1.025 right font small \
  textcolor rgb "#606060"
set xlabel "Updates"
set ylabel "Validation perplexity per token (log scale)"
set logscale y
set grid xtics ytics mytics lc rgb "#DDDDDD" lw 0.8, lc rgb "#EEEEEE" lw 0.6
set xrange [0:*]

# Ticks at 1, 2, 5, 10, ..., closer within a decade, evenly within an octave.
least = 1e300
greatest = 0
do for [m = 1:|names|] {
  STATS_records = 0  # it stays as it is where nothing is known
  stats data using (column(perplexity(m))) skip 1 nooutput
  if (STATS_records > 0) {
    least = STATS_min < least ? STATS_min : least
    greatest = STATS_max > greatest ? STATS_max : greatest
  }
}
set yrange [least / 1.05 : greatest * 1.05]
set format y "%g"
if (greatest / least > 2) {
  digits = greatest / least > 10 ? "1 2 5" : "1 1.5 2 3 4 5 7"
  set ytics (1) nomirror
  do for [e = 0:6] { do for [d in digits] { set ytics add (d * 10 ** e) } }
}

plot for [m = 1:|names|] data using 2:(low(m) > 1 ? low(m) : 1):\
    (column(perplexity(m)) + half(perplexity(m) + 1)) skip 1 \
    with filledcurves @band lt m notitle, \
  for [m = 1:|names|] data using 2:(column(perplexity(m))) skip 1 \
    with linespoints lt m title names[m]
