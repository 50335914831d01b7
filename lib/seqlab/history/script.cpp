#include "seqlab/history/script.hpp"

#include <charconv>
#include <optional>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/history/expression.hpp"

namespace seqlab {

namespace {

bool is_number(const Expression& expression) {
  return !expression.is_list &&
         expression.word.find_first_not_of("0123456789") == std::string::npos;
}

class ScriptParser {
 public:
  ScriptParser(std::string_view text, const std::string& name) : reader_(text, name), name_(name) {}

  Script parse() {
    std::optional<Expression> item = reader_.next();
    if (!item) {
      throw RuntimeFailure(
          fmt::format("{}: the script is empty; expected a greeting like (HOW DO YOU DO)", name_));
    }
    read_greeting(*item);
    item = reader_.next();
    if (item && item->is_word("START")) item = reader_.next();
    for (; item && !(item->is_list && item->items.empty()); item = reader_.next()) add_rule(*item);
    check_whole();
    return std::move(script_);
  }

 private:
  [[noreturn]] void fail(std::size_t line, const std::string& message) const {
    throw RuntimeFailure(fmt::format("{}:{}: {}", name_, line, message));
  }

  [[noreturn]] void expected(const Expression& found, std::string_view what) const {
    fail(found.line, fmt::format("expected {}, found {}", what, to_string(found)));
  }

  const Expression& item(const Expression& list, std::size_t i, std::string_view what) const {
    if (i < list.items.size()) return list.items[i];
    fail(list.line, fmt::format("expected {} before the ')' of {}", what, to_string(list)));
  }

  std::string word(const Expression& list, std::size_t i, std::string_view what) const {
    const Expression& found = item(list, i, what);
    if (found.is_list || is_number(found) || found.word == "=") expected(found, what);
    return found.word;
  }

  /// Precedences, and numbers of words and parts; larger ones are mistakes.
  int number(const Expression& found) const {
    constexpr int kLargest = 1000;
    int value = 0;
    const char* end = found.word.data() + found.word.size();
    if (std::from_chars(found.word.data(), end, value).ec != std::errc() || value > kLargest) {
      expected(found, fmt::format("a number from 0 to {}", kLargest));
    }
    return value;
  }

  void read_greeting(const Expression& list) {
    if (!list.is_list) expected(list, "a greeting like (HOW DO YOU DO)");
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      if (list.items[i].is_list) expected(list.items[i], "a word of the greeting");
      script_.greeting.push_back(list.items[i].word);
    }
  }

  void add_rule(const Expression& list) {
    if (!list.is_list) expected(list, "a rule like (KEYWORD ((0) (ANSWER)))");
    const std::string keyword = word(list, 0, "a keyword");
    if (keyword == "MEMORY") return add_memory(list);
    KeywordRule rule = read_rule(list, keyword);
    if (keyword == "NONE") {
      if (!script_.none.keyword.empty()) repeated(list, keyword, script_.none.line);
      check_none(list, rule);
      script_.none = std::move(rule);
      return;
    }
    const auto [place, is_new] = script_.rules.emplace(keyword, std::move(rule));
    if (!is_new) repeated(list, keyword, place->second.line);
  }

  [[noreturn]] void repeated(const Expression& list, const std::string& keyword,
                             std::size_t first) const {
    fail(list.line,
         fmt::format("a second rule for {}; the first is in line {}: join them", keyword, first));
  }

  KeywordRule read_rule(const Expression& list, const std::string& keyword) {
    KeywordRule rule{.line = list.line,
                     .keyword = keyword,
                     .substitute = {},
                     .precedence = 0,
                     .transformations = {},
                     .link = {}};
    bool has_tags = false;
    for (std::size_t i = 1; i < list.items.size(); ++i) {
      const Expression& part = list.items[i];
      if (!rule.link.empty()) expected(part, fmt::format("')' after (={})", rule.link));
      if (part.is_list_of("=")) {
        rule.link = read_link(part);
      } else if (part.is_list && !part.items.empty() && part.items.front().is_list) {
        rule.transformations.push_back(read_transformation(part));
      } else if (part.is_word("=")) {
        rule.substitute = word(list, ++i, "the word that replaces the keyword");
      } else if (part.is_word("DLIST")) {
        read_tags(item(list, ++i, "tags like (/FAMILY)"), keyword);
        has_tags = true;
      } else if (is_number(part)) {
        rule.precedence = number(part);
      } else {
        expected(part,
                 "= SUBSTITUTE, DLIST(/TAG), a precedence, a transformation ((PATTERN) (ANSWER)) "
                 "or a link (=KEYWORD)");
      }
    }
    if (!rule.can_answer() && rule.substitute.empty() && !has_tags) {
      expected(list, fmt::format("what to do with {}", keyword));
    }
    return rule;
  }

  std::string read_link(const Expression& list) {
    if (!list.is_list_of("=")) expected(list, "a link like (=KEYWORD)");
    const std::string keyword = word(list, 1, "a keyword");
    if (list.items.size() > 2) expected(list.items[2], fmt::format("')' after ={}", keyword));
    links_.emplace_back(keyword, list.line);
    return keyword;
  }

  void read_tags(const Expression& list, const std::string& keyword) {
    for (const std::string& tag : marked_words(list, '/')) script_.tags[tag].insert(keyword);
  }

  /// The words of (*A B) or (/A B); the mark may also stand alone.
  Words marked_words(const Expression& list, char mark) const {
    const std::string what = fmt::format("a list like ({}WORD WORD)", mark);
    if (!list.is_list || list.items.empty()) expected(list, what);
    Words words;
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      words.push_back(word(list, i, "a word"));
    }
    if (!words.front().starts_with(mark)) expected(list, what);
    words.front().erase(0, 1);
    if (words.front().empty()) words.erase(words.begin());
    if (words.empty()) expected(list, what);
    return words;
  }

  Transformation read_transformation(const Expression& list) {
    Transformation transformation;
    transformation.number = script_.transformations++;
    transformation.pattern = read_pattern(list.items.front().items, list.items.front());
    item(list, 1, "an answer");
    for (std::size_t i = 1; i < list.items.size(); ++i) {
      transformation.reassemblies.push_back(
          read_reassembly(list.items[i], transformation.pattern.size()));
    }
    return transformation;
  }

  /// `whole` is what the elements stand in, for messages.
  Pattern read_pattern(std::span<const Expression> items, const Expression& whole) {
    if (items.empty()) expected(whole, "a pattern like (0 YOU ARE 0)");
    Pattern pattern;
    for (const Expression& element : items) {
      using Kind = PatternElement::Kind;
      if (element.is_list) {
        const bool tagged = !element.items.empty() && element.items.front().word.starts_with('/');
        Words words = marked_words(element, tagged ? '/' : '*');
        if (tagged) {
          for (const std::string& tag : words) used_tags_.emplace_back(tag, element.line);
        }
        pattern.push_back({tagged ? Kind::tagged : Kind::one_of, 0, std::move(words)});
      } else if (is_number(element)) {
        const auto count = static_cast<std::size_t>(number(element));
        pattern.push_back({count == 0 ? Kind::any : Kind::count, count, {}});
      } else {
        pattern.push_back({Kind::word, 0, {element.word}});
      }
    }
    return pattern;
  }

  Reassembly read_reassembly(const Expression& list, std::size_t parts) {
    using Kind = Reassembly::Kind;
    if (!list.is_list || list.items.empty()) expected(list, "an answer like (WHY DO YOU ASK)");
    if (list.is_list_of("=")) return {.kind = Kind::link, .link = read_link(list)};
    if (list.is_list_of("NEWKEY") && list.items.size() == 1) return {.kind = Kind::newkey};
    if (!list.is_list_of("PRE")) return {.text = read_template(list.items, list, parts)};
    const Expression& text = item(list, 1, "a sentence like (YOU ARE 3)");
    const Expression& link = item(list, 2, "a link like (=KEYWORD)");
    if (!text.is_list) expected(text, "a sentence like (YOU ARE 3)");
    if (list.items.size() > 3) expected(list.items[3], "')' after the link");
    return {.kind = Kind::rewrite,
            .text = read_template(text.items, text, parts),
            .link = read_link(link)};
  }

  Template read_template(std::span<const Expression> items, const Expression& whole,
                         std::size_t parts) const {
    if (items.empty()) expected(whole, "words of an answer");
    Template text;
    for (const Expression& element : items) {
      if (element.is_list) expected(element, "a word or the number of a part");
      if (!is_number(element)) {
        text.push_back({element.word, 0});
        continue;
      }
      const auto part = static_cast<std::size_t>(number(element));
      if (part == 0 || part > parts) {
        expected(element, fmt::format("the number of a part from 1 to {}, for each element of the "
                                      "pattern one,",
                                      parts));
      }
      text.push_back({"", part});
    }
    return text;
  }

  void add_memory(const Expression& list) {
    MemoryRule& memory = script_.memory;
    if (!memory.keyword.empty()) repeated(list, "MEMORY", memory_line_);
    memory_line_ = list.line;
    memory.keyword = word(list, 1, "the keyword whose sentences are noted");
    links_.emplace_back(memory.keyword, list.line);
    constexpr std::size_t kFirst = 2;
    for (std::size_t i = 0; i < memory.notes.size(); ++i) {
      memory.notes[i] =
          read_note(item(list, kFirst + i,
                         fmt::format("{} notes like (0 YOUR 0 = ANSWER 3)", memory.notes.size())));
    }
    if (list.items.size() > kFirst + memory.notes.size()) {
      expected(list.items[kFirst + memory.notes.size()],
               fmt::format("')' after {} notes", memory.notes.size()));
    }
  }

  MemoryRule::Note read_note(const Expression& list) {
    const std::span<const Expression> items = list.items;
    std::size_t equals = 0;
    while (equals < items.size() && !items[equals].is_word("=")) ++equals;
    if (!list.is_list || equals == items.size()) {
      expected(list, "a note like (0 YOUR 0 = ANSWER 3)");
    }
    MemoryRule::Note note;
    note.pattern = read_pattern(items.first(equals), list);
    note.text = read_template(items.subspan(equals + 1), list, note.pattern.size());
    return note;
  }

  /// NONE is the last resort: it must have an answer for every sentence.
  void check_none(const Expression& list, const KeywordRule& rule) const {
    const bool plain = rule.substitute.empty() && rule.precedence == 0 && rule.link.empty() &&
                       rule.transformations.size() == 1;
    if (plain) {
      const Transformation& only = rule.transformations.front();
      const auto is_answer = [](const Reassembly& r) { return r.kind == Reassembly::Kind::answer; };
      if (to_string(only.pattern) == "(0)" && std::ranges::all_of(only.reassemblies, is_answer)) {
        return;
      }
    }
    expected(list, "(NONE ((0) (ANSWER) ..)) with answers only");
  }

  void check_whole() const {
    if (script_.none.keyword.empty()) {
      throw RuntimeFailure(fmt::format(
          "{}: the script has no rule (NONE ((0) (ANSWER) ..)), which answers when there is no "
          "keyword",
          name_));
    }
    for (const auto& [keyword, line] : links_) {
      const auto rule = script_.rules.find(keyword);
      if (rule == script_.rules.end() || !rule->second.can_answer()) {
        fail(line, fmt::format("the keyword {} has no rule with answers; expected one like ({} "
                               "((0) (ANSWER)))",
                               keyword, keyword));
      }
    }
    for (const auto& [tag, line] : used_tags_) {
      if (!script_.tags.contains(tag)) {
        fail(line, fmt::format("no word has the tag {}; expected a rule like (WORD DLIST(/{}))",
                               tag, tag));
      }
    }
  }

  using Uses = std::vector<std::pair<std::string, std::size_t>>;  // name, line

  ExpressionReader reader_;
  std::string name_;
  Script script_;
  std::size_t memory_line_ = 0;
  Uses links_;
  Uses used_tags_;
};

}  // namespace

Script parse_script(std::string_view text, const std::string& name) {
  return ScriptParser(text, name).parse();
}

Script read_script(const std::filesystem::path& file) {
  return parse_script(fmt::format("{}", fmt::join(read_lines(file), "\n")), file.string());
}

std::string to_string(const Reassembly& reassembly) {
  switch (reassembly.kind) {
    case Reassembly::Kind::link:
      return fmt::format("(={})", reassembly.link);
    case Reassembly::Kind::newkey:
      return "(NEWKEY)";
    case Reassembly::Kind::rewrite:
      return fmt::format("(PRE {} (={}))", to_string(reassembly.text), reassembly.link);
    case Reassembly::Kind::answer:
      break;
  }
  return to_string(reassembly.text);
}

}  // namespace seqlab
