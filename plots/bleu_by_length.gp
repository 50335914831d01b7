# BLEU and the ratio of lengths (translation to reference) against source length, with the number
# of test sentences of each length bucket below. Variables: folder (of this script), format, output,
# and those of length.gp; each model has the measures bleu and ratio.

panels_height = 700
load folder."/common.gp"
load folder."/length.gp"

bleu(m) = 9 + 4 * (m - 1)
ratio(m) = bleu(m) + 2

set bmargin at screen down(356)
set title subject
set label 1 note at graph 1,graph 1.03 right font small textcolor rgb "#606060"
set ylabel "BLEU" offset 1
set yrange [0:*]
plot for [m = 1:|names|] data using 6:(clip(column(bleu(m)) - half(bleu(m) + 1))):\
    (clip(column(bleu(m)) + half(bleu(m) + 1))) skip 1 with filledcurves @band lt m notitle, \
  for [m = 1:|names|] data using 6:(column(bleu(m))) skip 1 \
    with linespoints lt m dt is_floor(names[m]) ? 3 : 1 title names[m]
unset title
unset label 1
unset key

set tmargin at screen down(384)
set bmargin at screen down(498)
set ylabel "Length ratio" offset 1
# The range of the means: bands of two or three seeds may go far beyond.
least = 0.88
greatest = 1.12
do for [m = 1:|names|] {
  STATS_records = 0  # it stays as it is where nothing is known
  stats data using (column(ratio(m))) skip 1 nooutput
  if (STATS_records > 0) {
    least = STATS_min < least ? STATS_min : least
    greatest = STATS_max > greatest ? STATS_max : greatest
  }
}
set yrange [least - 0.1 : greatest + 0.1]
set ytics (0, 0.5, 1, 1.5, 2, 3, 4)
set arrow 1 from graph 0,first 1 to graph 1,first 1 nohead back lc rgb "#808080" dt 2
plot for [m = 1:|names|] data using 6:(column(ratio(m)) - half(ratio(m) + 1)):\
    (column(ratio(m)) + half(ratio(m) + 1)) skip 1 with filledcurves @band lt m notitle, \
  for [m = 1:|names|] data using 6:(column(ratio(m))) skip 1 \
    with linespoints lt m dt is_floor(names[m]) ? 3 : 1 ps 0.6 * size notitle
unset arrow 1

set tmargin at screen down(524)
set bmargin at screen down(620)
load folder."/sentences.gp"
