# A score against source length, with the number of test sentences of each length bucket below.
#
# Variables: folder (of this script), data, models, metric, measure, subject, train_low, train_high,
# format, output.
#   data      a row per bucket: lowest, highest length, middle, label, sentences, then for each
#             model BLEU, exact match, length ratio
#   models    names in the order of the columns, separated by spaces
#   metric    0 BLEU, 1 exact match, 2 length ratio;  measure: its name
#   train_low, train_high  range of the training lengths, shaded; 0 0 for none

load folder."/common.gp"

left = 0.11
right = 0.97
set multiplot
set lmargin at screen left
set rmargin at screen right

stats data using 1 skip 1 nooutput
low = STATS_min
stats data using 2 skip 1 nooutput
high = STATS_max
stats data using 5 skip 1 nooutput
most = STATS_max
set xrange [low - 1 : high + 1]

# The score.
set tmargin at screen 0.88
set bmargin at screen 0.36
set title subject offset 0,0.8
set ylabel measure offset 1
set format x ""
set yrange [0:*]
if (metric == 1) set yrange [-2:104]
set key at screen 0.5, screen 0.045 center center Left reverse horizontal maxrows 2 samplen 2
if (train_high > 0) set object 1 rectangle \
  from train_low - 0.5,graph 0 to train_high + 0.5,graph 1 \
  behind fillcolor rgb "#E8E8E8" fillstyle solid noborder
if (train_high > 0) set label 1 "shaded: lengths seen in training" at graph 1,graph 1.05 \
  right textcolor rgb "#606060" font ",14"
plot for [m = 1:words(models)] data using 3:(column(3 + 3 * m + metric)) skip 1 \
  with linespoints lt m title word(models, m)
unset object 1
unset label 1
unset title
unset key

# How many sentences stand behind each point.
set tmargin at screen 0.32
set bmargin at screen 0.21
set yrange [0:most * 1.4]
unset ytics
set format x "%g"
set xlabel "Source length [tokens]"
set ylabel "Sentences" offset -2.5
plot data using (0.5 * ($1 + $2)):5:($2 - $1 + 0.6) skip 1 with boxes lc rgb "#999999", \
  data using (0.5 * ($1 + $2)):5:(sprintf("%d", $5)) skip 1 with labels offset 0,0.6 \
    textcolor rgb "#404040"
unset multiplot
