#include "models/local/tokenizer/normalizer.h"

#include <unicode/bytestream.h>
#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uniset.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "models/local/tokenizer/byte_level.h"
#include "models/local/tokenizer/unicode_data.h"

namespace lmms_eval::local::tokenization {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// What tokenizers' tables know: they are of Unicode 9, and to them a later character neither decomposes nor reorders.
const icu::UnicodeSet& known_characters() {
  static const icu::UnicodeSet set = [] {
    UErrorCode code = U_ZERO_ERROR;
    icu::UnicodeSet known(icu::UnicodeString("[:age=9.0:]"), code);
    if (U_FAILURE(code)) throw errors::model("ICU has no table of the ages of characters: {}", u_errorName(code));
    known.freeze();
    return known;
  }();
  return set;
}

const icu::Normalizer2* full_form(const std::string& form, UErrorCode& code) {
  if (form == "NFC") return icu::Normalizer2::getNFCInstance(code);
  if (form == "NFD") return icu::Normalizer2::getNFDInstance(code);
  if (form == "NFKC") return icu::Normalizer2::getNFKCInstance(code);
  return icu::Normalizer2::getNFKDInstance(code);
}

/// One of the four Unicode normal forms.
std::function<std::string(const std::string&)> unicode_form(const std::string& form, const std::string& where) {
  UErrorCode code = U_ZERO_ERROR;
  const icu::Normalizer2* const full = full_form(form, code);
  if (U_FAILURE(code)) throw errors::model("{}: ICU has no data for {}: {}", where, form, u_errorName(code));
  const auto filtered = std::make_shared<icu::FilteredNormalizer2>(*full, known_characters());
  return [filtered](const std::string& text) {
    if (is_ascii(text)) return text;
    UErrorCode status = U_ZERO_ERROR;
    std::string result;
    icu::StringByteSink<std::string> sink(&result);
    filtered->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())), sink, nullptr,
                            status);
    if (U_FAILURE(status))
      throw errors::model("Unicode normalization of {} bytes failed: {}", text.size(), u_errorName(status));
    return result;
  };
}

/// Capitals of Unicode 16, which ICU 72 does not know: the small letter, 0 for all others.
char32_t new_small_letter(char32_t c) {
  if (c >= 0x10D50 && c <= 0x10D65) return c + 0x20;
  switch (c) {
    case 0x1C89:
      return 0x1C8A;
    case 0xA7CB:
      return 0x0264;
    case 0xA7CC:
      return 0xA7CD;
    case 0xA7DA:
      return 0xA7DB;
    case 0xA7DC:
      return 0x019B;
    default:
      return 0;
  }
}

/// Character by character, as Rust's char::to_lowercase: no rule looks at the neighbours.
std::string lower_case(const std::string& text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (c < 0x80) {
      result.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c));
    } else if (const char32_t small = new_small_letter(c)) {
      append_utf8(result, small);
    } else {
      icu::UnicodeString(static_cast<UChar32>(c)).toLower(icu::Locale::getRoot()).toUTF8String(result);
    }
  }
  return result;
}

std::string strip_accents(const std::string& text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(text, at);
    if (!is_mark(c) || !known_characters().contains(static_cast<UChar32>(c))) result.append(text, begin, at - begin);
  }
  return result;
}

std::string strip_space(const std::string& text, bool left, bool right) {
  std::size_t begin = 0;
  std::size_t end = text.size();
  while (left && begin < end) {
    std::size_t next = begin;
    if (!is_white_space(next_code_point(text, next))) break;
    begin = next;
  }
  while (right && end > begin) {
    std::size_t before = end;
    if (!is_white_space(previous_code_point(text, before))) break;
    end = before;
  }
  return text.substr(begin, end - begin);
}

}  // namespace

void Normalizer::add(const Node& node) {
  if (node.is_null()) return;
  const auto& type = node.text("type");
  if (type == "Sequence") {
    for (const auto& item : node.items("normalizers")) add(item);
  } else if (type == "NFC" || type == "NFD" || type == "NFKC" || type == "NFKD") {
    steps_.push_back(unicode_form(type, node.where()));
  } else if (type == "Lowercase") {
    steps_.emplace_back(lower_case);
  } else if (type == "StripAccents") {
    steps_.emplace_back(strip_accents);
  } else if (type == "Strip") {
    steps_.emplace_back([left = node.flag("strip_left"), right = node.flag("strip_right")](const std::string& text) {
      return strip_space(text, left, right);
    });
  } else if (type == "Prepend") {
    steps_.emplace_back(
        [prefix = node.text("prepend")](const std::string& text) { return text.empty() ? text : prefix + text; });
  } else if (type == "Replace") {
    steps_.emplace_back([pattern = node.pattern("pattern"), content = node.text("content")](const std::string& text) {
      return pattern.replace(text, content);
    });
  } else if (type == "ByteLevel") {
    steps_.emplace_back([](const std::string& text) {
      std::string result;
      append_byte_level(result, text);
      return result;
    });
  } else {
    node.unsupported_type(
        "Sequence, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Prepend, Replace, ByteLevel");
  }
}

std::string Normalizer::normalize(std::string text) const {
  for (const auto& step : steps_) text = step(text);
  return text;
}

}  // namespace lmms_eval::local::tokenization
