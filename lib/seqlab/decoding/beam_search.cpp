#include "seqlab/decoding/beam_search.hpp"

#include <algorithm>

#include "seqlab/decoding/attention_row.hpp"
#include "seqlab/decoding/candidates.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

constexpr Index kNoNode = -1;

// All tokens that were ever kept, linked to the ones before them, so that hypotheses share their
// beginnings.
struct Node {
  Index previous;
  TokenId token;
  std::vector<Real> attention;
};

struct Live {
  Index node;
  double log_probability;
};

struct Ended {
  double score;
  double log_probability;
  Index node;
  Index length;
};

// One sentence of the batch that is still being decoded.
struct SentenceSearch {
  std::size_t sentence;
  Index max_length;
  std::vector<Live> live;  // a row each, best first
  std::vector<Ended> ended;
};

class BeamSearch {
 public:
  BeamSearch(const StepModel& model, const std::vector<const Sentence*>& sources,
             const DecodingOptions& options)
      : model_(model),
        options_(options),
        candidates_(2 * options.beam),
        results_(sources.size()),
        state_(model.start(make_token_batch(sources, /*begin=*/false, /*end=*/true))) {
    for (std::size_t s = 0; s < sources.size(); ++s) {
      const Index max_length =
          max_target_length(model, options, static_cast<Index>(sources[s]->size()));
      active_.push_back({s, max_length, {{kNoNode, 0.0}}, {}});
    }
    last_tokens_.assign(sources.size(), kBos);
  }

  std::vector<std::vector<Hypothesis>> run() {
    for (length_ = 1; !active_.empty(); ++length_) step();
    return std::move(results_);
  }

 private:
  void step() {
    const StepOutput output = model_.step(last_tokens_, state_);
    last_tokens_.clear();
    parents_.clear();
    std::vector<SentenceSearch> still_active;
    Index first_row = 0;
    for (SentenceSearch& search : active_) {
      const Index rows_before = static_cast<Index>(search.live.size());
      find_candidates(output, search, first_row);
      std::vector<Live> next = extend(output, search, first_row);
      if (is_done(search, next)) {
        finish(search, next);
      } else {
        keep_rows(next, first_row);
        search.live = std::move(next);
        still_active.push_back(std::move(search));
      }
      first_row += rows_before;
    }
    active_ = std::move(still_active);
    state_.select_rows(parents_);
  }

  void find_candidates(const StepOutput& output, const SentenceSearch& search, Index first_row) {
    candidates_.clear();
    for (std::size_t h = 0; h < search.live.size(); ++h) {
      const Index row = first_row + static_cast<Index>(h);
      logits_.read(ref(output.logits).row(row), model_.target_vocabulary());
      candidates_.add(logits_, static_cast<Index>(h), search.live[h].log_probability);
    }
  }

  // Moves the candidates that ended to the pool and returns those that live on.
  std::vector<Live> extend(const StepOutput& output, SentenceSearch& search, Index first_row) {
    std::vector<Live> next;
    next_parents_.clear();
    for (const Candidate& candidate : candidates_.best()) {
      if (static_cast<Index>(next.size()) == options_.beam) break;
      const Index before = search.live[static_cast<std::size_t>(candidate.parent)].node;
      const Index node = static_cast<Index>(nodes_.size());
      nodes_.push_back({before, candidate.token, {}});
      if (options_.attention) {
        nodes_.back().attention = attention_row(output, first_row + candidate.parent, state_);
      }
      if (candidate.token == kEos) {
        const double score = length_penalised(candidate.log_probability, length_, options_);
        search.ended.push_back({score, candidate.log_probability, node, length_});
      } else {
        next.push_back({node, candidate.log_probability});
        next_parents_.push_back(candidate.parent);
      }
    }
    return next;
  }

  bool is_done(SentenceSearch& search, const std::vector<Live>& next) const {
    if (next.empty() || length_ == search.max_length) return true;
    const Index ended = static_cast<Index>(search.ended.size());
    if (ended < options_.nbest) return false;
    rank(search.ended);
    const double best_live = next.front().log_probability;
    if (ended >= options_.beam &&
        search.ended.front().score >= length_penalised(best_live, length_, options_)) {
      return true;
    }
    const double bound = length_penalised(best_live, search.max_length, options_);
    return bound <= search.ended[static_cast<std::size_t>(options_.nbest - 1)].score;
  }

  // Stable: of equals, the one that finished first.
  static void rank(std::vector<Ended>& ended) {
    std::stable_sort(ended.begin(), ended.end(),
                     [](const Ended& a, const Ended& b) { return a.score > b.score; });
  }

  void keep_rows(const std::vector<Live>& next, Index first_row) {
    for (std::size_t h = 0; h < next.size(); ++h) {
      parents_.push_back(first_row + next_parents_[h]);
      last_tokens_.push_back(nodes_[static_cast<std::size_t>(next[h].node)].token);
    }
  }

  void finish(SentenceSearch& search, const std::vector<Live>& next) {
    if (search.ended.empty()) {
      for (const Live& cut : next) {
        const double score = length_penalised(cut.log_probability, length_, options_);
        search.ended.push_back({score, cut.log_probability, cut.node, length_});
      }
    }
    check(!search.ended.empty(), "no token may follow a hypothesis of {} tokens", length_ - 1);
    rank(search.ended);
    const auto count = std::min(search.ended.size(), static_cast<std::size_t>(options_.nbest));
    for (std::size_t n = 0; n < count; ++n) {
      results_[search.sentence].push_back(hypothesis(search.ended[n]));
    }
  }

  Hypothesis hypothesis(const Ended& ended) const {
    Hypothesis result;
    result.score = ended.score;
    result.log_probability = ended.log_probability;
    result.length = ended.length;
    result.finished = nodes_[static_cast<std::size_t>(ended.node)].token == kEos;
    for (Index n = ended.node; n != kNoNode; n = nodes_[static_cast<std::size_t>(n)].previous) {
      const Node& node = nodes_[static_cast<std::size_t>(n)];
      if (node.token != kEos) result.tokens.push_back(node.token);
      if (!node.attention.empty()) result.attention.push_back(node.attention);
    }
    std::reverse(result.tokens.begin(), result.tokens.end());
    std::reverse(result.attention.begin(), result.attention.end());
    return result;
  }

  const StepModel& model_;
  const DecodingOptions& options_;
  Index length_ = 0;  // of the hypotheses after the current step
  LogitRow logits_;
  BestCandidates candidates_;
  std::vector<std::vector<Hypothesis>> results_;
  std::vector<Node> nodes_;
  std::vector<SentenceSearch> active_;  // in the order of their rows
  DecoderState state_;
  std::vector<TokenId> last_tokens_;  // of each row
  std::vector<Index> parents_;        // of each row of the next step
  std::vector<Index> next_parents_;   // of the current sentence's next beam, within the sentence
};

}  // namespace

std::vector<std::vector<Hypothesis>> beam_search(const StepModel& model,
                                                 const std::vector<const Sentence*>& sources,
                                                 const DecodingOptions& options) {
  return BeamSearch(model, sources, options).run();
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
