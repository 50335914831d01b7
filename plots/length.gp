# What figures over source length have in common: panels one above the other that share the axis of
# lengths, the lowest with the number of test sentences of each bucket. To be loaded by a figure
# after common.gp; then come the panels, and sentences.gp as the last one.
#
# Variables: data, names, subject, with_intervals, train_low, train_high.
#   data   a row per bucket: experiment, train_low, train_high, low, high, middle, label, sentences,
#          then for each model its measures, each with the half width of its interval
#   names  array of the models in the order of the columns
#   with_intervals  0 if no interval is known;  train_low, train_high  range of the training lengths, shaded; 0 0 for none

stats data using 4 skip 1 nooutput
lowest = STATS_min
buckets = STATS_records
stats data using 5 skip 1 nooutput
highest = STATS_max
stats data using 8 skip 1 nooutput
most = STATS_max

set multiplot
set xrange [lowest - 1 : highest + 1]
unset xtics  # of all panels but the lowest

shade = train_high > 0
if (shade) set object 1 rectangle from train_low - 0.5,graph 0 to train_high + 0.5,graph 1 \
  behind fillcolor rgb "#ECECEC" fillstyle solid noborder
note = (shade ? "grey: lengths in training    " : "").\
  (with_intervals ? "bands: 95 % confidence over seeds" : "one seed")

# Bands are clipped to what a score can be.
clip(x) = x < floor_value ? floor_value : x > ceiling_value ? ceiling_value : x
floor_value = 0
ceiling_value = 1e9
