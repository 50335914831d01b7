# How well a linear probe tells the word at each position from one vector, a line for each bucket of
# sentence lengths; dashed: always saying the most frequent word of the position.
#
# Variables: folder (of this script), data, subject, vector, lows, buckets, format, output.
#   data     a row per probe: vector, probe (length or word), lowest, highest length, position,
#            training, test sentences, score, baseline
#   vector   the vector that is drawn
#   lows     lowest lengths of the buckets, separated by spaces;  buckets: their names

load folder."/common.gp"

set title subject
set xlabel "Position of the word in the source [tokens]"
set ylabel "Accuracy of the probe"
set yrange [-0.02:1.04]
set xrange [0:*]
set bmargin at screen 0.24
set key at screen 0.53, screen 0.07 center center horizontal Left reverse samplen 2 maxrows 2

# Longer sentences are darker, so that the order of the lines can be seen.
set palette defined (0 "#A6CEE3", 0.5 "#0072B2", 1 "#08203B")
unset colorbox
set cbrange [0:1]
n = words(lows)
shade(k) = n > 1 ? (k - 1.0) / (n - 1) : 0.5
of(k, column_number) = strcol(1) eq vector && strcol(2) eq "word" && $3 == word(lows, k) + 0 \
  ? column(column_number) : NaN

plot for [k = 1:n] data using 5:(of(k, 9)) skip 1 with lines dt 2 lw 1 \
    lc palette cb shade(k) title (k == n ? "most frequent word" : ""), \
  for [k = 1:n] data using 5:(of(k, 8)) skip 1 with linespoints lw 2 dt 1 pt (k % 2 ? 7 : 5) ps 0.7 \
    lc palette cb shade(k) title "length ".word(buckets, k)
