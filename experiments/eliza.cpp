// seqlab eliza: a conversation with ELIZA, on a terminal or line by line from a pipe.

#include <unistd.h>

#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "line_reader.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/shipped.hpp"
#include "seqlab/history/eliza.hpp"

namespace seqlab {

namespace {

void converse(Eliza& eliza, bool with_trace) {
  const bool on_terminal = isatty(STDIN_FILENO) != 0;
  std::cout << eliza.greeting() << '\n';
  LineReader reader;
  for (;;) {
    if (on_terminal) std::cout << "> ";
    finish_output();
    const std::vector<std::string> lines = reader.next(1);
    if (lines.empty()) break;
    const std::string answer = eliza.answer(lines.front());
    if (with_trace) {
      for (const std::string& step : eliza.trace()) std::cout << "  | " << step << '\n';
    }
    std::cout << answer << '\n';
  }
  if (on_terminal) std::cout << '\n';
}

}  // namespace

int eliza_main(int argc, char** argv) {
  using boost::program_options::value;
  CommandLine command(
      "eliza", "",
      "A conversation with ELIZA (Weizenbaum 1966), where the story of sequence models begins: no\n"
      "parameters, nothing learned, no memory of what was said but a few notes. It finds keywords\n"
      "and turns the sentence round by the rules of a script. It answers each line by a line, the\n"
      "same whenever the same lines are typed; end the conversation with Ctrl-D.",
      "  seqlab eliza\n"
      "  seqlab eliza --trace < sentences.txt        # which rule answered, and why\n"
      "  seqlab eliza --script doctor.script         # a script in the article's format");
  command.add()("script", value<std::string>()->value_name("FILE"),
                "rules in the format of the article's appendix (default: the project's own)");
  command.add()("trace", "print before each answer how it came about");
  if (!command.parse(argc, argv)) return 0;

  Eliza eliza(read_script(command.has("script")
                              ? std::filesystem::path(command.get<std::string>("script"))
                              : find_eliza_script()));
  converse(eliza, command.has("trace"));
  return 0;
}

}  // namespace seqlab
