# How like one token's vector is to every other, before and after attention, and the weights between:
# three panels side by side, a token a line.
#
# Variables: folder (of this script), data, subject, first, height, before_label, after_label, format,
# output.
#   data   a row per pair: row, its token, column, its token, score, weight, before, after
#   first  the first row of the token, of `height` rows

figure_width = 860
figure_height = 150 + 26 * height
load folder."/common.gp"

last = first + height - 1
set yrange [height - 0.4 : -0.6]
set tmargin at screen down(58)
set bmargin at screen down(figure_height - 72)
set border 1 lc rgb "#404040"
set grid noytics xtics mxtics
unset key

set multiplot title subject
array measures[3] = [7, 6, 8]
array labels[3] = [before_label, "Attention weight", after_label]
do for [p = 1:3] {
  left = 0.15 + 0.29 * (p - 1)
  set lmargin at screen left
  set rmargin at screen left + 0.24
  set xlabel labels[p]
  set xrange [p == 2 ? 0 : -1 : 1]
  set xtics p == 2 ? 0.5 : 1
  set mxtics 2
  set ytics scale 0
  name(text) = p == 1 ? token(text) : ""
  set arrow 1 from 0, graph 0 to 0, graph 1 nohead lc rgb "#404040" lw 0.8
  plot data using (0):3:measures[p]:(0):ytic(name(strcol(4))) skip 1 \
      every ::first::last with vectors nohead lw 9 lt p == 2 ? 8 : p == 1 ? 1 : 2
}
unset multiplot
