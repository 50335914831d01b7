#pragma once

// What the subcommands' command lines have in common.

#include <boost/program_options.hpp>
#include <cstddef>
#include <string>
#include <vector>

namespace seqlab {

/// A subcommand's options, its positional argument and its help text.
class CommandLine {
 public:
  /// `argument` names the one positional argument ("" for none); `text` says what the command
  /// does, and `examples` shows it.
  CommandLine(std::string name, std::string argument, std::string text, std::string examples);

  /// To add options: command.add()("output", value<std::string>(), "...").
  boost::program_options::options_description_easy_init add() { return options_.add_options(); }
  /// --set section.key=value, several times.
  void add_overrides();

  /// Returns false if help was asked for and printed. Throws UsageError on anything unknown or
  /// missing.
  bool parse(int argc, char** argv);

  bool has(const std::string& option) const { return values_.count(option) > 0; }
  template <typename T>
  T get(const std::string& option) const {
    return values_[option].as<T>();
  }
  /// The positional argument.
  const std::string& argument() const { return argument_value_; }
  std::vector<std::string> overrides() const;
  /// Throws UsageError if the option is missing.
  std::string required(const std::string& option) const;
  /// The number of an option that counts from 0, -1 without the option. Throws UsageError if it is
  /// negative.
  std::ptrdiff_t place(const std::string& option) const;

 private:
  std::string name_;
  std::string argument_;
  std::string text_;
  std::string examples_;
  std::string argument_value_;
  boost::program_options::options_description options_;
  boost::program_options::variables_map values_;
};

/// Processors that the program may use.
int available_processors();

/// Flushes standard output. Throws RuntimeFailure if something could not be written.
void finish_output();

}  // namespace seqlab
