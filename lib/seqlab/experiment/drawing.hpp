#pragma once

// A figure is three files: the numbers (TSV), a gnuplot script that loads the drawing from
// plots/*.gp, and the image. So it can be drawn again or restyled without the program. The script
// finds the others from its own folder. The same numbers, drawings and gnuplot give the same SVG
// file, byte for byte; it names gnuplot's version.

#include <filesystem>
#include <string>

namespace seqlab {

struct Figure {
  std::filesystem::path script;
  std::filesystem::path image;
};

struct FigureContent {
  std::filesystem::path base;  ///< the files' names up to their suffixes
  std::string drawing;         ///< a file of plots/
  std::string data;            ///< the TSV file's content
  std::string settings;        ///< gnuplot assignments that the drawing asks for, a line each
};

/// Throws UsageError unless `format` is svg, png or pdf.
void check_figure_format(const std::string& format);

/// Writes numbers and script; an image is drawn by `draw`. `plots` is the folder of the drawings.
/// Throws RuntimeFailure if writing fails.
Figure write_figure(const FigureContent& content, const std::filesystem::path& plots,
                    const std::string& format);

/// Runs gnuplot on the figure's script, in the format of the image's name. Throws RuntimeFailure
/// that says how to draw it by hand if there is no gnuplot or if it fails.
void draw(const Figure& figure);

/// A text as a gnuplot literal.
std::string gnuplot_quoted(const std::string& text);

}  // namespace seqlab
