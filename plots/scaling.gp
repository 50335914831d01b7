# Efficiency against the number of nodes, modelled: a fixed batch that the nodes share (left), and a
# fixed batch a node (right).
#
# Variables: folder (of this script), data, subject, format, output.
#   data      a row per number of nodes: nodes, then for each network the efficiencies [%] of fixed
#             batches of 1,024 and 16,384 sentences and of 64 sentences a node; the header names them

load folder."/common.gp"

networks = 3
name(n) = system(sprintf("head -n 1 '%s' | cut -f %d | sed 's/:.*//'", data, 3 * n - 1))

set multiplot
set logscale x 2
set xrange [0.93:1100]
set yrange [0:104]
set xtics ("1" 1, "2" 2, "4" 4, "8" 8, "16" 16, "32" 32, "64" 64, "128" 128, "256" 256, "512" 512, \
  "1024" 1024) rotate by 45 right
set xlabel "Nodes" offset 0,-0.4
set tmargin at screen 0.84
set bmargin at screen 0.34
set label 1 subject at screen 0.52, screen 0.955 center
set arrow 1 from 1,50 to 1024,50 nohead lc rgb "#909090" dt 3 lw 1.5

set lmargin at screen 0.10
set rmargin at screen 0.52
set title "A fixed batch for all" offset 0,-0.4
set ylabel "Efficiency [%]" offset 1
unset key
plot for [n = 1:networks] data using 1:(column(3 * n)) skip 1 with linespoints lt n, \
  for [n = 1:networks] data using 1:(column(3 * n - 1)) skip 1 with linespoints lt n dt 2
unset label 1

set lmargin at screen 0.56
set rmargin at screen 0.98
set title "64 sentences a node"
unset ylabel
set format y ""
set key at screen 0.54, screen 0.105 center center Left reverse vertical maxrows 3 samplen 3 width 1
plot for [n = 1:networks] data using 1:(column(3 * n + 1)) skip 1 with linespoints lt n \
    title name(n), \
  NaN with lines lc rgb "#404040" title "left: 16,384 sentences", \
  NaN with lines lc rgb "#404040" dt 2 title "left: 1,024 sentences", \
  NaN with lines lc rgb "#909090" dt 3 lw 1.5 title "half of the work pays"
unset multiplot
