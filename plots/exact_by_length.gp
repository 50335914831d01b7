# Exact match against source length, with the number of test sentences of each length bucket below.
# Variables: folder (of this script), format, output, and those of length.gp; each model has the
# measure exact, in percent.

panels_height = 596
load folder."/common.gp"
load folder."/length.gp"

exact(m) = 9 + 2 * (m - 1)
ceiling_value = 100

set bmargin at screen down(370)
set title subject
set label 1 note at graph 1,graph 1.03 right font small textcolor rgb "#606060"
set ylabel "Exact match [%]" offset 1
set yrange [-2:103]
plot for [m = 1:|names|] data using 6:(clip(column(exact(m)) - half(exact(m) + 1))):\
    (clip(column(exact(m)) + half(exact(m) + 1))) skip 1 with filledcurves @band lt m notitle, \
  for [m = 1:|names|] data using 6:(column(exact(m))) skip 1 \
    with linespoints lt m dt is_floor(names[m]) ? 3 : m > 8 ? 2 : 1 title names[m]
unset title
unset label 1
unset key

set tmargin at screen down(396)
set bmargin at screen down(496)
load folder."/sentences.gp"
