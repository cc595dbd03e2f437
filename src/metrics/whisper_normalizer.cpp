#include "metrics/whisper_normalizer.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include <map>

#include "base/errors.h"
#include "base/regex.h"
#include "metrics/american_spelling.h"
#include "metrics/english_numbers.h"
#include "metrics/substitute.h"
#include "metrics/words.h"

namespace lmms_eval::metrics {
namespace {

std::string without_brackets(const std::string& text) {
  return substitute(R"(\(([^)]+?)\))", substitute(R"([<\[][^>\]]*[>\]])", text, ""), "");
}

struct Replacement {
  const char *pattern, *with;
};

// In this order.
constexpr Replacement kContractions[] = {{R"(\bwon't\b)", "will not"},
                                         {R"(\bcan't\b)", "can not"},
                                         {R"(\blet's\b)", "let us"},
                                         {R"(\bain't\b)", "aint"},
                                         {R"(\by'all\b)", "you all"},
                                         {R"(\bwanna\b)", "want to"},
                                         {R"(\bgotta\b)", "got to"},
                                         {R"(\bgonna\b)", "going to"},
                                         {R"(\bi'ma\b)", "i am going to"},
                                         {R"(\bimma\b)", "i am going to"},
                                         {R"(\bwoulda\b)", "would have"},
                                         {R"(\bcoulda\b)", "could have"},
                                         {R"(\bshoulda\b)", "should have"},
                                         {R"(\bma'am\b)", "madam"},
                                         {R"(\bmr\b)", "mister "},
                                         {R"(\bmrs\b)", "missus "},
                                         {R"(\bst\b)", "saint "},
                                         {R"(\bdr\b)", "doctor "},
                                         {R"(\bprof\b)", "professor "},
                                         {R"(\bcapt\b)", "captain "},
                                         {R"(\bgov\b)", "governor "},
                                         {R"(\bald\b)", "alderman "},
                                         {R"(\bgen\b)", "general "},
                                         {R"(\bsen\b)", "senator "},
                                         {R"(\brep\b)", "representative "},
                                         {R"(\bpres\b)", "president "},
                                         {R"(\brev\b)", "reverend "},
                                         {R"(\bhon\b)", "honorable "},
                                         {R"(\basst\b)", "assistant "},
                                         {R"(\bassoc\b)", "associate "},
                                         {R"(\blt\b)", "lieutenant "},
                                         {R"(\bcol\b)", "colonel "},
                                         {R"(\bjr\b)", "junior "},
                                         {R"(\bsr\b)", "senior "},
                                         {R"(\besq\b)", "esquire "},
                                         {R"('d been\b)", " had been"},
                                         {R"('s been\b)", " has been"},
                                         {R"('d gone\b)", " had gone"},
                                         {R"('s gone\b)", " has gone"},
                                         {R"('d done\b)", " had done"},
                                         {R"('s got\b)", " has got"},
                                         {R"(n't\b)", " not"},
                                         {R"('re\b)", " are"},
                                         {R"('s\b)", " is"},
                                         {R"('d\b)", " would"},
                                         {R"('ll\b)", " will"},
                                         {R"('t\b)", " not"},
                                         {R"('ve\b)", " have"},
                                         {R"('m\b)", " am"}};

// What decomposition leaves whole.
const std::map<char32_t, std::string> kPlainLetters = {
    {U'œ', "oe"}, {U'Œ', "OE"}, {U'ø', "o"}, {U'Ø', "O"}, {U'æ', "ae"}, {U'Æ', "AE"}, {U'ß', "ss"}, {U'ẞ', "SS"},
    {U'đ', "d"},  {U'Đ', "D"},  {U'ð', "d"}, {U'Ð', "D"}, {U'þ', "th"}, {U'Þ', "th"}, {U'ł', "l"},  {U'Ł', "L"}};

std::u32string normal_form(const std::string& text, const icu::Normalizer2* form) {
  UErrorCode error = U_ZERO_ERROR;
  std::string result;
  form->normalize(icu::UnicodeString::fromUTF8(text), error).toUTF8String(result);
  if (U_FAILURE(error)) throw errors::internal("ICU cannot normalize a text: {}", u_errorName(error));
  return utf8_to_utf32(result);
}

/// Marks, symbols and punctuation.
bool is_sign(char32_t c) {
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & (U_GC_M_MASK | U_GC_S_MASK | U_GC_P_MASK)) != 0;
}

/// Latin letters without their diacritics; other signs than those of numbers as blanks.
std::string plain_letters(const std::string& text) {
  static const std::u32string kKept = U".%$¢€£";
  UErrorCode error = U_ZERO_ERROR;
  std::string result;
  for (const char32_t c : normal_form(text, icu::Normalizer2::getNFKDInstance(error))) {
    if (kKept.find(c) != kKept.npos)
      result += utf8_of(c);
    else if (const auto plain = kPlainLetters.find(c); plain != kPlainLetters.end())
      result += plain->second;
    else if (is_sign(c))
      result += u_charType(static_cast<UChar32>(c)) == U_NON_SPACING_MARK ? "" : " ";
    else
      result += utf8_of(c);
  }
  return result;
}

}  // namespace

std::string whisper_english(const std::string& text) {
  std::string line = without_brackets(lower_unicode(text));
  line = substitute(R"(\b(hmm|mm|mhm|mmm|uh|um)\b)", line, "");
  line = substitute(R"(\s+')", line, "'");
  for (const auto& [pattern, with] : kContractions) line = substitute(pattern, line, with);
  line = substitute(R"((\d),(\d))", line, "\\1\\2");
  line = plain_letters(substitute(R"(\.([^0-9]|$))", line, " \\1"));
  line = with_american_spelling(with_digits(line));
  // Signs of numbers without a number.
  line = substitute("[.$¢€£]([^0-9])", line, " \\1");
  line = substitute("([^0-9])%", line, "\\1 ");
  return substitute(R"(\s+)", line, " ");
}

std::string whisper_basic(const std::string& text) {
  UErrorCode error = U_ZERO_ERROR;
  std::string result;
  for (const char32_t c : normal_form(without_brackets(lower_unicode(text)), icu::Normalizer2::getNFKCInstance(error)))
    result += is_sign(c) ? " " : utf8_of(c);
  return substitute(R"(\s+)", lower_unicode(result), " ");
}

}  // namespace lmms_eval::metrics
