# Attention weights of one sentence: a panel for each map, tokens on both axes.
#
# Variables: folder (of this script), data, subject, row_label, column_label, height, width, panels,
# panels_across, names, format, output.
#   data           a row per weight: layer, head, row, its token, column, its token, weight; the
#                  maps follow each other, each of `height` rows and `width` columns
#   panels_across  panels side by side;  names: an array with the title of each panel

# Cells have a fair size whatever the sentence is, and many panels smaller ones. Tokens stand at the
# left and at the bottom of the whole.
cell = panels == 1 ? 30 : 22
gap = 44
left = 130
bottom = 140
top = panels == 1 ? 60 : 100
panels_down = (panels + panels_across - 1) / panels_across
figure_width = left + panels_across * (width * cell + gap) + 110
figure_height = top + panels_down * (height * cell + gap) - gap + bottom
if (figure_width < 560) figure_width = 560
load folder."/common.gp"

# One hue from white to dark: the order survives colour blindness and grey printing.
set palette defined (0 "#FFFFFF", 0.25 "#C6DBEF", 0.5 "#6BAED6", 0.75 "#2171B5", 1 "#08306B")
set cbrange [0:1]
set xrange [-0.5 : width - 0.5]
set yrange [height - 0.5 : -0.5]
set size ratio -1
set border 15 lc rgb "#808080"
set tics scale 0
set xtics rotate by 90 right
unset grid
unset key
set tics textcolor rgb "#303030"
set style fill solid 1.0 noborder

row_token(text) = with_rows ? token(text) : ""
column_token(text) = with_columns ? token(text) : ""

set multiplot title panels == 1 ? "" : subject
do for [p = 1:panels] {
  across = (p - 1) % panels_across
  down = (p - 1) / panels_across
  x = left + across * (width * cell + gap)
  y = top + down * (height * cell + gap)
  set lmargin at screen real(x) / figure_width
  set rmargin at screen real(x + width * cell) / figure_width
  set tmargin at screen 1 - real(y) / figure_height
  set bmargin at screen 1 - real(y + height * cell) / figure_height
  set title (panels == 1 ? subject : names[p]) offset 0,-0.4
  set xlabel (down == panels_down - 1 ? column_label : "")
  set ylabel (across == 0 ? row_label : "")
  if (p == panels) { set colorbox; set cblabel "Attention weight" } else { unset colorbox }
  first = (p - 1) * width * height
  last = first + width * height - 1
  with_columns = down == panels_down - 1
  with_rows = across == 0
  plot data using 5:3:7 skip 1 every ::first::last with image pixels, \
    data using 5:(-9):xtic(column_token(strcol(6))) skip 1 \
      every ::first::(first + width - 1) with points ps 0, \
    data using (-9):3:ytic(row_token(strcol(4))) skip 1 \
      every width::first::last with points ps 0
}
unset multiplot
