// Language models through the real program: train, test, generate.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "support.hpp"
#include "system/program.hpp"

using seqlab::contains;

namespace {

std::string text_of(int lines) {
  std::string text;
  const char* const words[] = {"the cat sat on the mat", "a dog ran home", "the dog sat",
                               "a cat ran on the mat"};
  for (int i = 0; i < lines; ++i) text += std::string(words[i % 4]) + '\n';
  return text;
}

std::string experiment(const std::string& packing) {
  return R"(
[experiment]
models = gpt lstm-lm
[data]
task = language_model
train_text = train.txt
valid_text = test.txt
test_text = test.txt
tokenizer = word
packing = )" +
         packing + R"(
block = 24
[model]
width = 16
decoder_layers = 1
[model.gpt]
family = decoder-only
heads = 2
[model.lstm-lm]
[training]
batch_tokens = 200
learning_rate = 0.02
schedule = constant
warmup = 0
label_smoothing = 0
max_updates = 60
validate_every = 30
log_every = 10
workers = 1
)";
}

struct Trained {
  Scratch scratch;
  std::string train = scratch.write("train.txt", text_of(200));
  std::string test = scratch.write("test.txt", text_of(8));
  std::string config = scratch.write("lm.cfg", experiment("packed"));
  std::string run = scratch.file("results/runs/gpt-seed1");
  ProgramResult training = run_seqlab({"train", config, "--model", "gpt", "--output", run});
};

const Trained& trained() {
  static const Trained instance;
  return instance;
}

}  // namespace

TEST_CASE("A language model trains on plain text and is tested by perplexity") {
  REQUIRE_MESSAGE(trained().training.status == 0, trained().training.err);
  CHECK(contains(trained().training.out, "bits per byte"));
  const auto test = nlohmann::json::parse(read_whole(trained().run + "/test.json"));
  CHECK(test.at("sentences") == 8);
  CHECK(test.at("bytes") == text_of(8).size());
  CHECK(test.at("target_tokens") == 2 * (6 + 4 + 3 + 6 + 4));
  CHECK(test.at("perplexity").get<double>() < 3.0);
  const double bits = std::log2(test.at("perplexity").get<double>()) *
                      test.at("target_tokens").get<double>() / test.at("bytes").get<double>();
  CHECK(test.at("bits_per_byte").get<double>() == doctest::Approx(bits));
  const ProgramResult evaluated = run_seqlab({"evaluate", trained().run, "--json"});
  CHECK(evaluated.status == 0);
  CHECK(nlohmann::json::parse(evaluated.out).at("perplexity") == test.at("perplexity"));
  CHECK(run_seqlab({"table", trained().scratch.file("results")}).status == 0);
}

TEST_CASE("generate: the same seed the same text, with and without a cache") {
  const auto text = [](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"generate", trained().run, "--prompt",
                                          "the cat",  "--tokens",    "20"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramResult result = run_seqlab(arguments);
    CHECK(result.status == 0);
    return result.out;
  };
  const std::string first = text({});
  CHECK(first.starts_with("the cat"));
  CHECK(first == text({}));
  CHECK(first == text({"--no-cache"}));
  // The toy text is learned by heart; a high temperature leaves something to chance.
  CHECK(text({"--temperature", "5"}) != text({"--temperature", "5", "--seed", "7"}));
  CHECK(contains(text({"--temperature", "0"}), "the cat sat on the mat\n"));
  CHECK(contains(text({"--samples", "2"}), first));
}

TEST_CASE("Language models: what is misused is refused") {
  CHECK(run_seqlab({"generate", trained().run, "--prompt", "a", "--samples", "0"}).status == 2);
  CHECK(run_seqlab({"attend", trained().run, "--source", "a"}).status == 2);
  const auto refused = [](const std::vector<std::string>& arguments, const char* message) {
    const ProgramResult result = run_seqlab(arguments);
    CHECK(result.status == 2);
    INFO(result.err);
    CHECK(contains(result.err, message));
  };
  const Trained& t = trained();
  refused({"translate", t.run}, "seqlab generate");
  refused({"generate", t.run, "--top-p", "0"}, "top-p");
  refused({"evaluate", t.run, "--source", t.test, "--reference", t.test}, "no source");
  refused({"train", t.config, "--model", "gpt", "--output", t.scratch.file("no"), "--set",
           "data.train_source=train.txt"},
          "train_text");
  refused({"train", t.config, "--model", "lstm-lm", "--output", t.scratch.file("no"), "--set",
           "model.lstm-lm.family=lstm"},
          "encoder = none");
}
