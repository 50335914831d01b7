# Common style of all figures. Variables that the caller sets before `load`:
#   format  svg | png | pdf        output  the file to write

if (!exists("format")) format = "png"
set encoding utf8
set datafile separator tab
set datafile missing "NaN"

# The names of models are shown as they are: "_" is no subscript.
if (format eq "svg") set terminal svg size 860,600 noenhanced font "Helvetica,15" background "white"
if (format eq "png") set terminal pngcairo size 1290,900 noenhanced font "Sans,20" linewidth 1.5
if (format eq "pdf") set terminal pdfcairo size 17.4cm,12.2cm noenhanced font "Sans,11"
set output output

# Okabe and Ito's colours, which colour-blind readers tell apart, and a point type each, so that
# the figures survive grey printing.
set linetype 1 lc rgb "#0072B2" lw 2 pt 7  ps 1.0
set linetype 2 lc rgb "#D55E00" lw 2 pt 5  ps 1.0
set linetype 3 lc rgb "#009E73" lw 2 pt 9  ps 1.2
set linetype 4 lc rgb "#CC79A7" lw 2 pt 13 ps 1.2
set linetype 5 lc rgb "#E69F00" lw 2 pt 4  ps 1.0
set linetype 6 lc rgb "#56B4E9" lw 2 pt 8  ps 1.2
set linetype 7 lc rgb "#000000" lw 2 pt 6  ps 1.0
set linetype 8 lc rgb "#7F7F7F" lw 2 pt 2  ps 1.0
set linetype cycle 8

set border 3 lc rgb "#404040"
set tics nomirror out scale 0.6
set grid ytics lc rgb "#D0D0D0" lw 0.8
set style fill solid 0.6 noborder
