#include "command_line.hpp"

#include <cerrno>
#include <cstring>
#include <iostream>
#include <sstream>
#include <thread>

#include "seqlab/error.hpp"

namespace seqlab {

namespace po = boost::program_options;

CommandLine::CommandLine(std::string name, std::string argument, std::string text,
                         std::string examples)
    : name_(std::move(name)),
      argument_(std::move(argument)),
      text_(std::move(text)),
      examples_(std::move(examples)),
      options_("Options", 100) {
  options_.add_options()("help,h", "show this text");
}

void CommandLine::add_overrides() {
  add()("set", po::value<std::vector<std::string>>()->composing()->value_name("SECTION.KEY=VALUE"),
        "change a setting of the experiment file; may be repeated");
}

bool CommandLine::parse(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  po::options_description all;
  all.add(options_).add_options()("argument", po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  positional.add("argument", -1);
  try {
    using namespace po::command_line_style;  // no abbreviations: they break when options are added
    po::store(po::command_line_parser(words)
                  .options(all)
                  .positional(positional)
                  .style(unix_style & ~allow_guessing)
                  .run(),
              values_);
    po::notify(values_);
  } catch (const po::error& error) {
    throw UsageError(fmt::format("{}; see 'seqlab {} --help'", error.what(), name_));
  }
  if (has("help")) {
    std::ostringstream options;
    options << options_;
    std::cout << fmt::format("Usage: seqlab {} {}{}[OPTIONS]\n\n{}\n\n{}\nExamples:\n{}\n", name_,
                             argument_, argument_.empty() ? "" : " ", text_, options.str(),
                             examples_);
    return false;
  }
  std::vector<std::string> arguments;
  if (has("argument")) arguments = get<std::vector<std::string>>("argument");
  const std::size_t expected = argument_.empty() ? 0 : 1;
  if (arguments.size() < expected) {
    throw UsageError(fmt::format("{} is missing; see 'seqlab {} --help'", argument_, name_));
  }
  if (arguments.size() > expected) {
    throw UsageError(fmt::format("'{}' is one argument too many; see 'seqlab {} --help'",
                                 arguments[expected], name_));
  }
  if (expected == 1) argument_value_ = arguments[0];
  return true;
}

std::vector<std::string> CommandLine::overrides() const {
  return has("set") ? get<std::vector<std::string>>("set") : std::vector<std::string>();
}

std::string CommandLine::required(const std::string& option) const {
  if (has(option)) return get<std::string>(option);
  throw UsageError(fmt::format("--{} is missing; see 'seqlab {} --help'", option, name_));
}

std::ptrdiff_t CommandLine::place(const std::string& option) const {
  if (!has(option)) return -1;
  const auto number = get<std::ptrdiff_t>(option);
  if (number < 0) throw UsageError(fmt::format("--{} {}; expected 0 or more", option, number));
  return number;
}

int available_processors() {
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

void finish_output() {
  errno = 0;
  if (!std::cout.flush()) {
    throw RuntimeFailure(fmt::format("cannot write to standard output: {}",
                                     errno != 0 ? std::strerror(errno) : "the stream failed"));
  }
}

}  // namespace seqlab
