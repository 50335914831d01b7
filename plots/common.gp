# Common style of all figures. Variables that the caller sets before `load`:
#   format  svg | png | pdf        output  the file to write
#   figure_width, figure_height    if another size than 860 by 600 is wanted
# Figures with lines of models set `names`, an array of the models' names, and
#   panels_height   of all that is above the legend; figure_height follows
# It sets:
#   small   the font of annotations      size  what sizes of points are multiplied by
#   band    the fill of what shows a spread

if (!exists("format")) format = "png"
if (!exists("figure_width")) figure_width = 860
if (!exists("figure_height")) figure_height = 600

# The legend stands at the bottom, four models a row, three if names are long.
legend_columns = 4
legend_rows = 1
if (exists("panels_height")) {
  do for [m = 1:|names|] { legend_columns = strlen(names[m]) > 15 ? 3 : legend_columns }
  legend_rows = (|names| + legend_columns - 1) / legend_columns
  figure_height = panels_height + 24 * legend_rows + 14
}
# Places from above in the units of sizes, as a part of the whole.
down(y) = 1 - real(y) / figure_height
set encoding utf8
set datafile separator tab
set datafile missing "NaN"

# The names of models are shown as they are: "_" is no subscript.
if (format eq "svg") set terminal svg size figure_width,figure_height noenhanced font "Helvetica,15" background "white"
if (format eq "png") set terminal pngcairo size 1.5 * figure_width,1.5 * figure_height noenhanced font "Sans,18" linewidth 1.5
if (format eq "pdf") set terminal pdfcairo size figure_width / 125.5,figure_height / 125.5 noenhanced font "Sans,10.5"
set output output
size = format eq "png" ? 1 : 0.6  # points are larger in the others
small = format eq "svg" ? ",12" : format eq "png" ? ",14" : ",8.5"

# Okabe and Ito's colours, which colour-blind readers tell apart, and a point type each, so that
# the figures survive grey printing. From the ninth line on the colours come again, dashed.
colours = "#0072B2 #D55E00 #009E73 #CC79A7 #E69F00 #56B4E9 #000000 #7F7F7F"
points = "7 5 9 13 4 8 6 2 11 15 12 10 14 1 3 5"
do for [i = 1:16] {
  k = (i - 1) % 8 + 1
  set linetype i lc rgb word(colours, k) lw 2 pt (int(word(points, i))) ps 0.9 * size dt i > 8 ? 2 : 1
}
set linetype cycle 16

if (exists("panels_height")) {
  set key at screen 0.535, screen 0.5 * (24 * legend_rows + 14) / figure_height center center \
    Left reverse vertical maxrows legend_rows samplen 2 width 1
  set lmargin at screen 0.10
  set rmargin at screen 0.97
  set tmargin at screen down(68)
  set bmargin at screen down(panels_height - 66)
}

set border 3 lc rgb "#404040"
set tics nomirror out scale 0.6
set grid ytics lc rgb "#D0D0D0" lw 0.8
set style fill solid 0.6 noborder
set title offset 0,(format eq "svg" ? 0 : 0.7)  # room for a note between it and the figure

# The half width of an interval in column c, where there is one.
half(c) = valid(c) ? column(c) : 0
band = "fillstyle transparent solid 0.18 noborder"
is_floor(name) = strstrt(name, " (floor)") > 0

# The mark of a word's beginning, U+2581, is a block in many fonts, and that of a mark that belongs
# to its neighbour, U+FFED, is missing in most.
neighbour(text) = text[1:1] eq "￭" ? "·".text[2:*] : text[strlen(text):*] eq "￭" ? text[1:strlen(text) - 1]."·" : text
token(text) = text[1:1] eq "▁" ? "_".text[2:*] : neighbour(text)
