// The program: finds the subcommand, and turns exceptions into messages and exit statuses
// (0 done, 1 failed, 2 wrong usage or configuration).

#include <csignal>
#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/config_parser.hpp"
#include "seqlab/experiment/experiment.hpp"
#include "seqlab/experiment/pronoun_experiment.hpp"
#include "seqlab/experiment/version.hpp"
#include "seqlab/training/communicator.hpp"

namespace seqlab {

namespace {

struct Command {
  const char* name;
  int (*main)(int argc, char** argv);
  const char* summary;
};

constexpr Command kCommands[] = {
    {"run", run_main, "a whole experiment: every model with every seed"},
    {"prepare", prepare_main, "read an experiment's data and print statistics"},
    {"train", train_main, "train one model, translate the test set and evaluate"},
    {"translate", translate_main, "translate standard input with a trained model"},
    {"generate", generate_main, "continue a text with a trained language model"},
    {"evaluate", evaluate_main, "BLEU, chrF, perplexity and accuracy of a trained model"},
    {"score", score_main, "BLEU and chrF of translations in files, as sacreBLEU computes them"},
    {"table", table_main, "a table of the runs of an experiment"},
    {"plot", plot_main, "figures of the runs of an experiment"},
    {"cost", cost_main, "parameters, operations and cache of kinds of attention"},
    {"check", check_main, "does an experiment show what was published?"},
    {"params", params_main, "sizes of an experiment's models, and how well they are matched"},
    {"baseline", baseline_main, "floors without a trained model, as rows of the table"},
    {"attend", attend_main, "what a model looks at in a sentence: attention heatmaps"},
    {"align", align_main, "word alignments from attention, and their scores"},
    {"probe", probe_main, "what one vector knows of its sentence: linear probes"},
    {"gradflow", gradflow_main, "how the gradient fades on its way back to the source"},
    {"bench", bench_main, "speed of training and decoding on a fixed work"},
    {"bench-ranks", bench_ranks_main, "time of the sum of gradients over the ranks of mpirun"},
    {"inspect", inspect_main, "follow tokens through attention: query, key, value, context"},
    {"eliza", eliza_main, "talk to ELIZA, which answers from a script without any model"},
};

void print_help() {
  std::cout << "seqlab " << kVersion
            << ": compares sequence models through one training loop\n\n"
               "Usage: seqlab COMMAND [ARGUMENTS]\n\nCommands:\n";
  for (const Command& command : kCommands) {
    std::cout << fmt::format("  {:<13}{}\n", command.name, command.summary);
  }
  std::cout << "\nHelp: seqlab COMMAND --help explains a command and shows examples,\n"
               "      seqlab --help-config explains the keys of experiment files.\n";
}

/// Several processes of other commands would only do the same work in the same files.
void check_ranks(const std::string& command) {
  if (command == "train" || command == "bench-ranks" || launched_ranks() == 1) return;
  throw UsageError("this command runs in one process: start it without an MPI launcher");
}

int run(int argc, char** argv) {
  if (argc < 2) {
    print_help();
    return 2;
  }
  const std::string name = argv[1];
  if (name == "--help" || name == "-h") {
    print_help();
    return 0;
  }
  if (name == "--version") {
    std::cout << "seqlab " << kVersion << '\n';
    return 0;
  }
  if (name == "--help-config") {
    std::cout << describe_experiment_file() << '\n' << describe_pronoun_experiment();
    return 0;
  }
  std::vector<std::string> names;
  for (const Command& command : kCommands) {
    if (name == command.name) {
      check_ranks(name);
      return command.main(argc - 1, argv + 1);
    }
    names.emplace_back(command.name);
  }
  throw UsageError(unknown_name_message("command", name, names));
}

int complain(int argc, char** argv, const char* message, int status) {
  let_root_speak_first();
  std::cout.flush();
  std::cerr << "seqlab" << (argc > 1 ? std::string(" ") + argv[1] : "") << ": " << message
            << std::endl;
  end_all_ranks(status);
  return status;
}

}  // namespace

}  // namespace seqlab

int main(int argc, char** argv) {
  using namespace seqlab;
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a failed write, told like any other
  try {
    const int status = run(argc, argv);
    finish_output();
    return status;
  } catch (const UsageError& error) {
    return complain(argc, argv, error.what(), 2);
  } catch (const std::bad_alloc&) {
    return complain(argc, argv, "not enough memory", 1);
  } catch (const std::exception& error) {
    return complain(argc, argv, error.what(), 1);
  }
}
