#include "seqlab/experiment/drawing.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <boost/algorithm/string/replace.hpp>
#include <cerrno>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"

namespace seqlab {

void check_figure_format(const std::string& format) {
  if (format != "svg" && format != "png" && format != "pdf") {
    throw UsageError(fmt::format("--format '{}'; valid: svg, png, pdf", format));
  }
}

std::string gnuplot_quoted(const std::string& text) {
  // Within single quotes only a quote means something.
  return '\'' + boost::replace_all_copy(text, "'", "''") + '\'';
}

Figure write_figure(const FigureContent& content, const std::filesystem::path& plots,
                    const std::string& format) {
  const auto with_suffix = [&](const std::string& suffix) {
    return std::filesystem::path(content.base.string() + '.' + suffix);
  };
  const std::filesystem::path tsv = with_suffix("tsv");
  const Figure figure{with_suffix("gp"), with_suffix(format)};
  const std::string name = content.base.filename().string();
  const std::filesystem::path from = std::filesystem::absolute(figure.script).parent_path();
  std::string script = fmt::format(
      "# Draws the figure again, from its own folder: gnuplot {0}.gp\n"
      "# in another format: gnuplot -e \"format = 'pdf'\" {0}.gp\n"
      "if (!exists('format')) format = {1}\n"
      "folder = {2}\ndata = {3}\noutput = {4}.'.'.format\n",
      name, gnuplot_quoted(format),
      gnuplot_quoted(std::filesystem::relative(std::filesystem::absolute(plots), from).string()),
      gnuplot_quoted(tsv.filename().string()), gnuplot_quoted(name));
  script += content.settings + "load folder." + gnuplot_quoted('/' + content.drawing) + '\n';
  write_file_atomically(tsv, content.data);
  write_file_atomically(figure.script, script);
  return figure;
}

void draw(const Figure& figure) {
  const pid_t child = fork();
  if (child < 0) throw RuntimeFailure("cannot start gnuplot: fork failed");
  if (child == 0) {
    const std::string name = figure.script.filename().string();
    const std::string folder = std::filesystem::absolute(figure.script).parent_path().string();
    const std::string format =
        fmt::format("format = '{}'", figure.image.extension().string().substr(1));
    if (chdir(folder.c_str()) == 0) {
      execlp("gnuplot", "gnuplot", "-e", format.c_str(), name.c_str(), static_cast<char*>(nullptr));
    }
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
    throw RuntimeFailure(
        fmt::format("gnuplot is not installed (apt-get install gnuplot-nox); numbers and script "
                    "are there; draw with: gnuplot {}",
                    figure.script.string()));
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw RuntimeFailure(fmt::format("gnuplot could not draw {}", figure.script.string()));
  }
}

}  // namespace seqlab
