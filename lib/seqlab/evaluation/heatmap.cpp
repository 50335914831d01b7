#include "seqlab/evaluation/heatmap.hpp"

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>

#include "seqlab/data/utf8.hpp"
#include "seqlab/error.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

constexpr std::size_t kLongestRowLabel = 16;
constexpr std::size_t kLongestColumnLabel = 12;

/// The characters of a label, cut to `most` of them.
std::vector<std::string> label_characters(const std::string& label, std::size_t most) {
  std::vector<std::string> characters;
  for (const Utf8Character& c : utf8_characters(label)) characters.emplace_back(c.bytes);
  if (characters.size() > most) {
    characters.resize(most - 1);
    characters.emplace_back("…");
  }
  return characters;
}

/// Darker for heavier; two characters make a square.
const char* shade(Real weight) {
  if (weight < Real(0.05)) return "  ";
  if (weight < Real(0.2)) return "░░";
  if (weight < Real(0.4)) return "▒▒";
  if (weight < Real(0.7)) return "▓▓";
  return "██";
}

std::string kind_title(AttentionKind kind) {
  switch (kind) {
    case AttentionKind::cross:
      return "cross-attention";
    case AttentionKind::encoder:
      return "encoder self-attention";
    case AttentionKind::decoder:
      return "decoder self-attention";
  }
  throw std::logic_error("unknown kind of attention");
}

std::vector<std::string> labels(const Tokenizer& tokenizer, Sentence tokens, bool begin, bool end) {
  if (begin) tokens.insert(tokens.begin(), kBos);
  if (end) tokens.push_back(kEos);
  std::vector<std::string> names;
  for (const TokenId token : tokens) names.push_back(tokenizer.token(token));
  return names;
}

std::string place_name(Index place) { return place < 0 ? "mean" : std::to_string(place); }

}  // namespace

std::vector<Heatmap> make_heatmaps(const std::vector<AttentionMap>& maps,
                                   const AttentionSelection& selection,
                                   const TokenizerPair& tokenizers, const Sentence& source,
                                   const Sentence& target) {
  std::vector<const AttentionMap*> chosen;
  for (const AttentionMap& map : maps) {
    if (map.kind == selection.kind && (selection.layer < 0 || map.layer == selection.layer) &&
        (selection.head < 0 || map.head == selection.head)) {
      chosen.push_back(&map);
    }
  }
  if (chosen.empty()) {
    std::string where;
    if (selection.layer >= 0) where += fmt::format(" in layer {}", selection.layer);
    if (selection.head >= 0) where += fmt::format(" in head {}", selection.head);
    throw UsageError(fmt::format("the model has no {}{}; it has: {}", kind_title(selection.kind),
                                 where, list_places({maps.begin(), maps.end()})));
  }
  const bool of_source = selection.kind == AttentionKind::encoder;
  const bool at_source = selection.kind != AttentionKind::decoder;
  const auto make = [&](const std::vector<const AttentionMap*>& averaged) {
    const bool one = averaged.size() == 1;
    Heatmap heatmap;
    heatmap.layer = place_name(one ? averaged[0]->layer : selection.layer);
    heatmap.head = place_name(one ? averaged[0]->head : selection.head);
    heatmap.name = fmt::format("{}, layer {}, head {}", kind_title(selection.kind), heatmap.layer,
                               heatmap.head);
    heatmap.rows = of_source ? labels(*tokenizers.source, source, false, true)
                             : labels(*tokenizers.target, target, false, true);
    heatmap.weights = mean_attention(averaged);
    if (!at_source) heatmap.columns = labels(*tokenizers.target, target, true, false);
    if (cols(heatmap.weights) > static_cast<Index>(heatmap.columns.size())) {
      const std::vector<std::string> first = labels(*tokenizers.source, source, false, true);
      heatmap.columns.insert(heatmap.columns.begin(), first.begin(), first.end());
    }
    return heatmap;
  };
  if (!selection.apart) return {make(chosen)};
  std::vector<Heatmap> heatmaps;
  for (const AttentionMap* map : chosen) heatmaps.push_back(make({map}));
  return heatmaps;
}

std::string draw_heatmap(const Heatmap& heatmap) {
  std::vector<std::vector<std::string>> headers;
  std::size_t height = 0, width = 0;
  for (const std::string& column : heatmap.columns) {
    headers.push_back(label_characters(column, kLongestColumnLabel));
    height = std::max(height, headers.back().size());
  }
  std::vector<std::vector<std::string>> sides;
  for (const std::string& row : heatmap.rows) {
    sides.push_back(label_characters(row, kLongestRowLabel));
    width = std::max(width, sides.back().size());
  }
  std::string text = heatmap.name + '\n';
  for (std::size_t line = 0; line < height; ++line) {
    std::string out(width + 2, ' ');
    for (const std::vector<std::string>& header : headers) {
      const std::size_t skipped = height - header.size();  // labels stand on the map
      out += line < skipped ? "  " : header[line - skipped] + ' ';
    }
    out.erase(out.find_last_not_of(' ') + 1);
    text += out + '\n';
  }
  for (std::size_t r = 0; r < sides.size(); ++r) {
    text += std::string(width - sides[r].size(), ' ');
    for (const std::string& character : sides[r]) text += character;
    text += " │";
    const Real* weights = ref(heatmap.weights).row(static_cast<Index>(r));
    for (std::size_t c = 0; c < headers.size(); ++c) text += shade(weights[c]);
    text += "│\n";
  }
  return text + std::string(width + 2, ' ') + "weight: ░ 0.05  ▒ 0.2  ▓ 0.4  █ 0.7 and more\n";
}

std::string table_token(std::string token) {
  boost::replace_all(token, "\t", " ");
  boost::replace_all(token, "\"", "”");
  return token;
}

std::string heatmaps_tsv(const std::vector<Heatmap>& heatmaps) {
  std::string text = "layer\thead\trow\trow_token\tcolumn\tcolumn_token\tweight\n";
  for (const Heatmap& heatmap : heatmaps) {
    for (std::size_t r = 0; r < heatmap.rows.size(); ++r) {
      const Real* weights = ref(heatmap.weights).row(static_cast<Index>(r));
      for (std::size_t c = 0; c < heatmap.columns.size(); ++c) {
        text += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{:.6f}\n", heatmap.layer, heatmap.head, r,
                            table_token(heatmap.rows[r]), c, table_token(heatmap.columns[c]),
                            weights[c]);
      }
    }
  }
  return text;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
