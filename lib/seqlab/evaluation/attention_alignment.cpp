#include "seqlab/evaluation/attention_alignment.hpp"

#include <algorithm>

#include "seqlab/error.hpp"
#include "seqlab/evaluation/attention_maps.hpp"
#include "seqlab/tensor/workers.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// Maps whose mean is one way to align.
struct Group {
  std::string layer, head;
  std::vector<std::size_t> maps;
};

std::vector<AttentionMap> cross_maps(const SequenceModel& model, const Sentence& source,
                                     const Sentence& target) {
  std::vector<AttentionMap> maps = attention_maps(model, source, target);
  std::erase_if(maps, [](const AttentionMap& m) { return m.kind != AttentionKind::cross; });
  return maps;
}

std::vector<Group> group_maps(const std::vector<AttentionMap>& maps) {
  Group all{"mean", "mean", {}};
  std::vector<Group> layers, heads;
  for (std::size_t i = 0; i < maps.size(); ++i) {
    const std::string layer = std::to_string(maps[i].layer);
    if (layers.empty() || layers.back().layer != layer) layers.push_back({layer, "mean", {}});
    layers.back().maps.push_back(i);
    all.maps.push_back(i);
    heads.push_back({layer, std::to_string(maps[i].head), {i}});
  }
  std::vector<Group> groups;
  if (layers.size() > 1) groups.push_back(all);
  for (const Group& layer : layers) {
    if (layer.maps.size() > 1) groups.push_back(layer);
  }
  groups.insert(groups.end(), heads.begin(), heads.end());
  return groups;
}

/// Each target word to the source word at the same share of the sentence.
Links diagonal(Index source_words, Index target_words) {
  Links links;
  if (source_words == 0) return links;
  for (Index t = 0; t < target_words; ++t) {
    links.push_back({(2 * t + 1) * source_words / (2 * target_words), t});
  }
  return links;
}

}  // namespace

AlignmentScore AttentionAlignment::score(const std::vector<GoldLinks>& gold) const {
  check(gold.size() == links.size(), "alignment: {} pairs, gold links of {}", links.size(),
        gold.size());
  AlignmentScore total;
  for (std::size_t i = 0; i < links.size(); ++i) total.add(links[i], gold[i]);
  return total;
}

std::vector<AttentionAlignment> align_by_attention(const SequenceModel& model,
                                                   const TokenizerPair& tokenizers,
                                                   const ParallelText& text, WordRule rule,
                                                   Symmetrisation symmetrisation, Index threads) {
  const Corpus corpus = make_test_corpus(text, tokenizers);
  const std::vector<Group> groups = group_maps(cross_maps(model, {kUnk, kUnk}, {kUnk}));
  if (groups.empty()) {
    throw UsageError("the model sees one vector: it has no cross-attention to align words by");
  }
  std::vector<AttentionAlignment> alignments{{"diagonal", "", std::vector<Links>(text.size())}};
  for (const Group& group : groups) {
    alignments.push_back({group.layer, group.head, std::vector<Links>(text.size())});
  }
  const auto align_pair = [&](std::size_t i) {
    const std::vector<TextSpan> source_words = word_spans(text.source[i], rule);
    const std::vector<TextSpan> target_words = word_spans(text.target[i], rule);
    if (source_words.empty() || target_words.empty()) return;
    alignments[0].links[i] =
        diagonal(static_cast<Index>(source_words.size()), static_cast<Index>(target_words.size()));
    const Matrix source = token_shares(tokenizers.source->spans(text.source[i]), source_words);
    const Matrix target = token_shares(tokenizers.target->spans(text.target[i]), target_words);
    const std::vector<AttentionMap> maps = cross_maps(model, corpus.source[i], corpus.target[i]);
    for (std::size_t g = 0; g < groups.size(); ++g) {
      std::vector<const AttentionMap*> averaged;
      for (const std::size_t m : groups[g].maps) averaged.push_back(&maps[m]);
      const Matrix words = word_attention(mean_attention(averaged), source, target);
      alignments[g + 1].links[i] =
          symmetrise(target_to_source_links(words), source_to_target_links(words), symmetrisation);
    }
  };
  const auto pairs = static_cast<Index>(text.size());
  Workers workers(std::clamp<Index>(threads, 1, std::max<Index>(1, pairs)));
  workers.run(pairs, [&](Index i) { align_pair(static_cast<std::size_t>(i)); });
  return alignments;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
