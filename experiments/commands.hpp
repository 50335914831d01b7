#pragma once

// The subcommands, one file each. argv[0] is the command's name. They return the exit status and
// throw UsageError for wrong usage; seqlab.cpp turns exceptions into messages.

namespace seqlab {

int run_main(int argc, char** argv);
int check_main(int argc, char** argv);
int prepare_main(int argc, char** argv);
int train_main(int argc, char** argv);
int cost_main(int argc, char** argv);
int generate_main(int argc, char** argv);
int translate_main(int argc, char** argv);
int evaluate_main(int argc, char** argv);
int score_main(int argc, char** argv);
int table_main(int argc, char** argv);
int plot_main(int argc, char** argv);
int params_main(int argc, char** argv);
int baseline_main(int argc, char** argv);
int bench_main(int argc, char** argv);
int bench_ranks_main(int argc, char** argv);
int eliza_main(int argc, char** argv);
int inspect_main(int argc, char** argv);
int attend_main(int argc, char** argv);
int align_main(int argc, char** argv);
int probe_main(int argc, char** argv);
int gradflow_main(int argc, char** argv);

}  // namespace seqlab
