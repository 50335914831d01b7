# How the gradient fades on its way back: the norm of the gradient of the loss at one target token
# with respect to the encoder's state, against the distance between the two.
#
# Variables: folder (of this script), data, names, format, output.
#   data   a row per model and distance, model by model: model, distance, norm (geometric mean over
#          sentences), low, high (one geometric standard deviation)
#   names  array of the models

panels_height = 560
load folder."/common.gp"

of(m, c) = strcol(1) eq names[m] ? column(c) : NaN

set title "Gradient flow: what of the loss at one target token reaches the source"
set label 1 "bands: one standard deviation over sentences" at graph 1,graph 1.025 right font small \
  textcolor rgb "#606060"
set xlabel "Distance to the target token [steps]"
set lmargin at screen 0.12
set label 2 "Norm of ∂Loss/∂h (log scale)" at screen 0.025,graph 0.5 center rotate
set logscale y
stats data using 4 skip 1 nooutput
low = floor(log10(STATS_min))
stats data using 5 skip 1 nooutput
high = ceil(log10(STATS_max))
set yrange [10.0 ** low : 10.0 ** high]
digit(d) = word("⁰ ¹ ² ³ ⁴ ⁵ ⁶ ⁷ ⁸ ⁹", d + 1)
power(e) = "10".(e < 0 ? "⁻" : "").(abs(e) > 9 ? digit(abs(e) / 10) : "").digit(abs(e) % 10)
set ytics (1) nomirror
step = (high - low) / 10 + 1
do for [e = -90:90] { if (e % step == 0) { set ytics add (power(e) 10.0 ** e) } }
set grid xtics ytics
plot for [m = 1:|names|] data using 2:(of(m, 4)):(of(m, 5)) skip 1 \
    with filledcurves @band lt m notitle, \
  for [m = 1:|names|] data using 2:(of(m, 3)) skip 1 with linespoints lt m pi 4 title names[m]
