# How like one token's vector is to every other, before and after attention, and the weights.
#
# Variables: folder (of this script), data, subject, first, width, with_before, format, output.
#   data   a row per pair: row, its token, column, its token, score, weight, before, after
#   first  the first row of the token, of `width` rows
#   with_before  1, or 0 where the similarity before is not known

load folder."/common.gp"

# The mark of a word's beginning, U+2581, is a block in many fonts.
token(text) = text[1:1] eq "▁" ? "_".text[2:*] : text

last = first + width - 1
set title subject
set ylabel "Cosine similarity, attention weight"
set xlabel "Token"
set xrange [-0.6 : width - 0.4]
set yrange [-1.05 : 1.05]
set xtics rotate by 45 right
set xzeroaxis lc rgb "#404040"
set boxwidth 0.5
set key inside bottom center horizontal
weights = "using 3:6:xtic(token(strcol(4))) skip 1 every ::first::last with boxes lc rgb '#D0D0D0'"
before = "using ($3 - 0.1):7 skip 1 every ::first::last with points lt 1 ps 1.4"
after = "using ($3 + 0.1):8 skip 1 every ::first::last with points lt 2 ps 1.4"
if (with_before) {
  plot data @weights title "Attention weight", data @before title "Before", \
       data @after title "After"
} else {
  plot data @weights title "Attention weight", data @after title "After"
}
