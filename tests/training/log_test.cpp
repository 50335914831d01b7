#include "seqlab/training/log.hpp"

#include <sstream>

#include <doctest/doctest.h>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "support.hpp"

namespace seqlab {
namespace {

constexpr TrainRow kRow = {.update = 50,
                           .epoch = 2,
                           .tokens = 1000,
                           .loss = 2.0,
                           .tokens_per_second = 1234.5,
                           .learning_rate = 0.001,
                           .gradient_norm = 0.5,
                           .seconds = 3.25,
                           .padding = 0.04};

TEST_CASE("CSV files have a header and a row an event") {
  const TemporaryFolder folder;
  std::ostringstream out;
  TrainingLog log(folder.path(), out, ProgressStyle::none);
  log.start();
  log.train(kRow, 10.0);
  log.valid({50, 2, 3.5, 1.0, 0.25, true});
  CHECK(read_file(folder / "train.csv") ==
        "update,epoch,tokens,loss,perplexity,tokens_per_second,learning_rate,gradient_norm,seconds,"
        "padding\n50,2,1000,2.000000,7.3891,1234.5,0.001,0.5,3.250,0.0400\n");
  CHECK(read_file(folder / "valid.csv") ==
        "update,epoch,seconds,loss,perplexity,token_accuracy,best\n"
        "50,2,3.500,1.000000,2.7183,0.250000,1\n");
  CHECK(out.str().empty());
}

TEST_CASE("resuming cuts the files back to the noted lengths") {
  const TemporaryFolder folder;
  std::ostringstream out;
  std::int64_t train_bytes = 0;
  std::int64_t valid_bytes = 0;
  std::string expected;
  {
    TrainingLog log(folder.path(), out, ProgressStyle::none);
    log.start();
    log.train(kRow, 10.0);
    train_bytes = log.train_bytes();
    valid_bytes = log.valid_bytes();
    expected = read_file(folder / "train.csv");
    CHECK(train_bytes == static_cast<std::int64_t>(expected.size()));
    log.train(kRow, 10.0);
    log.valid({50, 2, 3.5, 1.0, 0.25, true});
  }
  {
    TrainingLog log(folder.path(), out, ProgressStyle::none);
    log.resume(train_bytes, valid_bytes);
    CHECK(log.train_bytes() == train_bytes);
    CHECK(read_file(folder / "train.csv") == expected);
    CHECK(read_file(folder / "valid.csv") ==
          "update,epoch,seconds,loss,perplexity,token_accuracy,best\n");
  }
  // Half a row is no row, and a lost file begins anew.
  TrainingLog log(folder.path(), out, ProgressStyle::none);
  std::filesystem::remove(folder / "valid.csv");
  log.resume(train_bytes - 3, valid_bytes);
  CHECK(read_file(folder / "train.csv") == expected.substr(0, expected.find('\n') + 1));
  CHECK(log.valid_bytes() == valid_bytes);
}

TEST_CASE("lines for a log file") {
  const TemporaryFolder folder;
  std::ostringstream out;
  TrainingLog log(folder.path(), out, ProgressStyle::lines);
  log.start();
  CHECK_FALSE(log.report_due());
  log.train(kRow, 3725.0);
  log.valid({50, 2, 3.5, 1.0, 0.25, true});
  const std::string text = out.str();
  CHECK(contains(text, "update 50  epoch 2  loss 2.0000  perplexity 7.39  1234 tokens/s"));
  CHECK(contains(text, "1:02:05 left\n"));
  CHECK(contains(text, "token accuracy 25.0 %  best so far\n"));
  CHECK_FALSE(contains(text, "\r"));
}

TEST_CASE("a terminal has one line that is written over") {
  const TemporaryFolder folder;
  std::ostringstream out;
  {
    TrainingLog log(folder.path(), out, ProgressStyle::terminal);
    log.start();
    log.report(kRow, -1.0);
    log.report(kRow, -1.0);
    const std::string shown = out.str();
    CHECK_FALSE(contains(shown, "\n"));
    CHECK(std::count(shown.begin(), shown.end(), '\r') == 2);
    log.message("short");
    const std::string text = out.str();
    CHECK(text.ends_with(" \n"));  // what is left of the longer line is wiped out
  }
}

TEST_CASE("a folder that cannot be written to is named") {
  std::ostringstream out;
  TrainingLog log("/proc/none", out, ProgressStyle::none);
  CHECK(contains(message_of<RuntimeFailure>([&] { log.start(); }), "/proc/none/train.csv"));
}

}  // namespace
}  // namespace seqlab
