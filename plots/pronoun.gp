# What a pronoun means: how often each model is right (left), and how the story's sentences are told
# apart (right). A point a seed.
#
# Variables: folder (of this script), data, models, sentences, seeds, names, format,
# output.
#   data   a row per point: panel, row of the panel, its label, series, seed, value; first the points
#          of the panel "accuracy", then those of the panel "story", series by series
#   models, sentences   rows of the two panels; 0 sentences: there is no second
#   seeds, names        arrays of the seeds and of the series of the story

figure_width = sentences > 0 ? 1060 : 560
figure_height = 176 + 26 * models
load folder."/common.gp"

set multiplot
set tmargin at screen down(78)
set bmargin at screen down(figure_height - 98)
set border 1 lc rgb "#404040"
set grid noytics xtics
set ytics scale 0
# The seeds of a row stand a little apart.
place(seed) = (sum [i = 1:|seeds|] (seeds[i] == seed ? i : 0)) - 0.5 * (|seeds| + 1)
points_of_models = models * |seeds|
points_of_series = sentences * |seeds|

# The line that a coin reaches, and its name.
set style arrow 1 nohead lc rgb "#404040" dt 2 lw 1.2

set label 1 "What does \"it\" mean?" at screen 0.5, screen down(24) center
set label 3 "a point for each seed" at screen 0.99, screen down(24) right font small \
  textcolor rgb "#606060"
set lmargin at screen sentences > 0 ? 0.175 : 0.31
set rmargin at screen sentences > 0 ? 0.495 : 0.95
set title "Unseen sentences" offset 0,-0.5
set xlabel "Right answers [%]"
set xrange [38:102]
set yrange [models - 0.4 : -0.6]
set arrow 1 from 50, graph 0 to 50, graph 1 arrowstyle 1
set label 2 "a coin" at 50, graph 1.025 center font small textcolor rgb "#606060"
unset key
plot data using 6:($2 + 0.16 * place($5)) skip 1 every ::::(points_of_models - 1) \
    with points lt 1 ps 1.3 * size, \
  data using (-9):2:ytic(3) skip 1 every ::::(points_of_models - 1) with points ps 0
unset label 1
unset label 3

if (sentences > 0) {
  set lmargin at screen 0.745
  set rmargin at screen 0.97
  set title "The story's sentences"
  set xlabel "Share of the noun that is meant"
  set xrange [-0.03:1.03]
  set xtics 0.5
  set yrange [sentences - 0.5 : -0.5]
  set ytics auto
  set arrow 1 from 0.5, graph 0 to 0.5, graph 1 arrowstyle 1
  unset label 2
  set key at screen 0.78, screen down(figure_height - 18) center center Left reverse vertical \
    maxrows 1 samplen 1 width 1
  shift(s) = 0.26 * (s - 0.5 * (|names| + 1))
  first(s) = points_of_models + (s - 1) * points_of_series
  plot for [s = 1:|names|] data using 6:($2 + shift(s) + 0.06 * place($5)) skip 1 \
      every ::first(s)::(first(s + 1) - 1) with points lt s + 1 ps 1.3 * size title names[s], \
    data using (-9):2:ytic(3) skip 1 every ::points_of_models with points pt -1 notitle
}
unset multiplot
