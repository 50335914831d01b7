#include "seqlab/history/eliza.hpp"

#include "seqlab/data/utf8.hpp"
#include "seqlab/error.hpp"
#include "seqlab/history/slip.hpp"

namespace seqlab {

namespace {

constexpr int kLimits = 4;

/// What the program says when a keyword's patterns all fail, by LIMIT.
constexpr const char* kNoMatch[kLimits] = {"PLEASE CONTINUE", "HMMM", "GO ON , PLEASE", "I SEE"};

bool is_delimiter(const std::string& word) { return word == "," || word == "." || word == "BUT"; }

/// The character as the machine has it.
char to_machine(const Utf8Character& character) {
  constexpr std::int32_t kOpeningQuote = 0x2018;
  constexpr std::int32_t kClosingQuote = 0x2019;
  constexpr std::int32_t kFirstMark = 0x2010;  // the block "General Punctuation" from its dashes on
  constexpr std::int32_t kLastMark = 0x206F;
  const std::int32_t code = character.code;
  if (code == kOpeningQuote || code == kClosingQuote) return '\'';
  if (code == 0xAB || code == 0xBB || (code >= kFirstMark && code <= kLastMark)) return ' ';
  if (code < 0 || code > 127) return '-';
  char c = static_cast<char>(code);
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (c == '?' || c == '!' || c == ';' || c == ':') return '.';
  // Parentheses and '=' belong to scripts.
  return in_character_set(c) && c != '(' && c != ')' && c != '=' ? c : ' ';
}

}  // namespace

Words split_sentence(std::string_view sentence) {
  Words words;
  std::string word;
  const auto finish_word = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (const Utf8Character& character : utf8_characters(sentence)) {
    const char c = to_machine(character);
    if (c != ' ' && c != ',' && c != '.') {
      word += c;
      continue;
    }
    finish_word();
    if (c != ' ') words.emplace_back(1, c);
  }
  finish_word();
  return words;
}

Eliza::Eliza(Script script) : script_(std::move(script)) {
  state_.turns.resize(script_.transformations);
}

std::string Eliza::answer(std::string_view sentence) {
  constexpr int kMostSteps = 10000;
  constexpr std::size_t kMostWords = 1'000'000;
  trace_.clear();
  state_.limit = state_.limit % kLimits + 1;
  Clause clause = scan(split_sentence(sentence));
  if (clause.keys.empty() && state_.limit == kLimits && !state_.notes.empty()) {
    std::string oldest = std::move(state_.notes.front());
    state_.notes.pop_front();
    explain("no keyword and LIMIT is {}: the oldest note is spoken", kLimits);
    return oldest;
  }
  for (int step = 0; !clause.keys.empty(); ++step) {
    const std::string key = clause.keys.front();
    if (step == kMostSteps || clause.words.size() > kMostWords) {
      throw RuntimeFailure(
          fmt::format("the script's links (=KEYWORD) lead to one another without end, last to {}; "
                      "change the rules of {}",
                      key, key));
    }
    clause.keys.pop_front();
    note(key, clause.words);
    if (std::optional<std::string> answer = transform(script_.rules.at(key), clause)) {
      return *std::move(answer);
    }
  }
  return answer_without_key(clause.words);
}

Eliza::Clause Eliza::scan(const Words& sentence) {
  Clause clause;
  int highest = 0;
  for (const std::string& word : sentence) {
    if (is_delimiter(word)) {
      if (!clause.keys.empty()) {
        explain("the clause with a keyword ends at '{}'; the rest is dropped", word);
        break;
      }
      if (!clause.words.empty()) explain("no keyword in '{}'; dropped", join(clause.words));
      clause.words.clear();
      continue;
    }
    clause.words.push_back(word);
    const auto found = script_.rules.find(word);
    if (found == script_.rules.end()) continue;
    const KeywordRule& rule = found->second;
    if (!rule.substitute.empty()) clause.words.back() = rule.substitute;
    if (!rule.can_answer()) continue;
    if (rule.precedence > highest) {
      clause.keys.push_front(word);
      highest = rule.precedence;
    } else {
      clause.keys.push_back(word);
    }
  }
  Words stack;
  for (const std::string& key : clause.keys) {
    stack.push_back(fmt::format("{} {}", key, script_.rules.at(key).precedence));
  }
  explain("LIMIT {}; words: {}", state_.limit, join(clause.words));
  explain("keywords with precedence: {}",
          stack.empty() ? "none" : fmt::format("{}", fmt::join(stack, ", ")));
  return clause;
}

void Eliza::note(const std::string& key, const Words& words) {
  const MemoryRule& memory = script_.memory;
  if (key != memory.keyword) return;
  const std::string last = words.empty() ? "" : words.back();
  const std::uint32_t hash = slip_hash(last_cell(last), MemoryRule::kHashBits);
  const MemoryRule::Note& chosen = memory.notes[hash];
  const auto parts = decompose(chosen.pattern, words, script_.tags);
  if (!parts) return;
  state_.notes.push_back(join(assemble(chosen.text, *parts)));
  explain("HASH({}) is {}: noted for later: {}", last, hash, state_.notes.back());
}

std::optional<std::string> Eliza::transform(const KeywordRule& rule, Clause& clause) {
  for (const Transformation& transformation : rule.transformations) {
    const auto parts = decompose(transformation.pattern, clause.words, script_.tags);
    if (!parts) continue;
    const Reassembly& chosen = take_turn(transformation);
    explain("{}: {} matches; rule {}", rule.keyword, to_string(transformation.pattern),
            to_string(chosen));
    switch (chosen.kind) {
      case Reassembly::Kind::answer:
        return join(assemble(chosen.text, *parts));
      case Reassembly::Kind::newkey:
        return std::nullopt;
      case Reassembly::Kind::rewrite:
        clause.words = assemble(chosen.text, *parts);
        break;
      case Reassembly::Kind::link:
        break;
    }
    clause.keys.push_front(chosen.link);
    return std::nullopt;
  }
  if (rule.link.empty()) {
    explain("{}: no pattern matches; a remark of the program", rule.keyword);
    return kNoMatch[state_.limit - 1];
  }
  explain("{}: goes on with {}", rule.keyword, rule.link);
  clause.keys.push_front(rule.link);
  return std::nullopt;
}

const Reassembly& Eliza::take_turn(const Transformation& transformation) {
  std::size_t& turn = state_.turns[transformation.number];
  const Reassembly& chosen = transformation.reassemblies[turn];
  turn = (turn + 1) % transformation.reassemblies.size();
  return chosen;
}

std::string Eliza::answer_without_key(const Words& words) {
  const Transformation& only = script_.none.transformations.front();
  const Reassembly& chosen = take_turn(only);
  explain("no keyword is left: NONE; rule {}", to_string(chosen));
  return join(assemble(chosen.text, *decompose(only.pattern, words, script_.tags)));
}

}  // namespace seqlab
