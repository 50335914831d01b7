# The lowest panel of figures over source length: how many sentences stand behind each point.
# Loaded by a figure after length.gp, with the margins set.

set yrange [0 : most * 1.45]
unset ytics
unset grid
# Buckets are named; many of them leave no room for level names.
set xtics nomirror out scale 0.6 
if (buckets > 11) set xtics rotate by 40 right font small
set xlabel "Source length [tokens]"
set ylabel "Sentences" offset -1.5
plot data using (0.5 * ($4 + $5)):8:($5 - $4 + 0.6):xtic(7) skip 1 \
    with boxes lc rgb "#A0A0A0" notitle, \
  data using (0.5 * ($4 + $5)):8:(sprintf("%d", $8)) skip 1 \
    with labels offset 0,0.6 font small textcolor rgb "#404040" notitle
unset multiplot
