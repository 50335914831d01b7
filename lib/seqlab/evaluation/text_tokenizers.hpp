#pragma once

// The tokenizers that BLEU counts words with. They belong to the metric, not to the model: every
// system is scored on plain (detokenized) text, and the tokenizer's name is part of the score's
// signature (Post 2018, "A Call for Clarity in Reporting BLEU Scores").
//
//   13a   the WMT campaigns' mteval-v13a: ASCII punctuation apart, periods and commas inside
//         numbers kept, the four basic SGML entities undone
//   intl  mteval-v14: the same idea with Unicode's classes of punctuation, symbols and numbers
//   char  every character is a word
//   none  the text is already tokenized: words stand between white space

#include "seqlab/evaluation/unicode.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace seqlab {

enum class TextTokenizer { k13a, kIntl, kChar, kNone };

/// `sentence` (UTF-8) with its tokens separated by white space; take them with split_words().
std::u32string tokenize_text(std::string_view sentence, TextTokenizer tokenizer,
                             LetterCase letter_case);

/// The name used in options and signatures.
std::string_view to_string(TextTokenizer tokenizer);

/// The tokenizer of that name; UsageError lists the valid names.
TextTokenizer parse_text_tokenizer(std::string_view name);

}  // namespace seqlab
