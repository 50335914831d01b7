# What quality costs: the score over training FLOPs and over parameters, a point a model.
#
# Variables: folder (of this script), data, names, measure, subject, with_intervals, format, output.
#   data     a row per model: experiment, model, measure, score, half width of its 95 % confidence
#            interval over seeds, training FLOPs, parameters
#   names    array of the models in the order of the rows;  measure: the name of the score;
#            with_intervals: 0 if none is known

panels_height = 484
load folder."/common.gp"

set multiplot title subject
set yrange [0:*]
set offsets 0, 0, graph 0.06, 0
set logscale x
set grid xtics ytics
set key samplen 1
set label 1 (with_intervals ? "bars: 95 % confidence over seeds" : "one seed") at graph 1,graph 1.035 right font small \
  textcolor rgb "#606060"

do for [p = 1:2] {
  c = p == 1 ? 6 : 7
  stats data using c skip 1 nooutput
  set xrange [STATS_min / 2.3 : STATS_max * 2.3]  # wide enough for two ticks
  set xtics (1) nomirror
  digits = STATS_max / STATS_min > 8 ? "1" : "1 2 5"
  do for [e = 3:24] { do for [d in digits] { set xtics add (d * 10.0 ** e) } }
  set format x "%.0s%c"
  set lmargin at screen p == 1 ? 0.10 : 0.59
  set rmargin at screen p == 1 ? 0.49 : 0.97
  set xlabel p == 1 ? "Training FLOPs" : "Parameters"
  set ylabel p == 1 ? measure : "" offset 1
  if (p == 2) { unset key; unset label 1 }
  plot for [m = 1:|names|] data using c:4:(half(5)) skip 1 every ::(m - 1)::(m - 1) \
      with yerrorbars lt m pt -1 lw 1.5 notitle, \
    for [m = 1:|names|] data using c:4 skip 1 every ::(m - 1)::(m - 1) \
      with points lt m ps 1.5 * size title names[m]
}
unset multiplot
