#include "template/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <memory>
#include <mutex>
#include <unordered_map>
#include <variant>
#include <vector>

#include "template/failure.h"
#include "template/operators.h"
#include "template/unicode.h"

namespace lmms_eval::tmpl {
namespace {

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeMatch {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
using Code = std::shared_ptr<pcre2_code>;

std::string message_of(int error) {
  unsigned char buffer[256];
  pcre2_get_error_message(error, buffer, sizeof buffer);
  return reinterpret_cast<const char*>(buffer);
}

/// Python writes the very end as \Z, PCRE2 as \z.
std::string translate(const std::string& pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    out += pattern[i];
    if (pattern[i] != '\\' || i + 1 >= pattern.size()) continue;
    ++i;
    out += pattern[i] == 'Z' ? 'z' : pattern[i];
  }
  return out;
}

Code compile(const std::string& pattern) {
  static std::mutex mutex;
  static std::unordered_map<std::string, Code> cache;
  const std::lock_guard lock(mutex);
  if (const auto it = cache.find(pattern); it != cache.end()) return it->second;
  const auto translated = translate(pattern);
  int error = 0;
  std::size_t offset = 0;
  auto* code = pcre2_compile(reinterpret_cast<const unsigned char*>(translated.data()), translated.size(),
                             PCRE2_UTF | PCRE2_UCP, &error, &offset, nullptr);
  if (code == nullptr) throw failure("bad regular expression '{}' at {}: {}", pattern, offset, message_of(error));
  Code shared(code, FreeCode{});
  if (cache.size() >= 256) cache.clear();
  cache.emplace(pattern, shared);
  return shared;
}

/// A replacement in pieces: text, or the number of a group.
using Piece = std::variant<std::string, std::size_t>;

class ReplacementParser {
 public:
  ReplacementParser(std::string_view text, pcre2_code* code) : text_(text), code_(code) {
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups_);
  }

  std::vector<Piece> run() {
    while (at_ < text_.size()) {
      if (text_[at_] != '\\') {
        literal_ += text_[at_++];
      } else {
        ++at_;
        if (at_ >= text_.size()) throw failure("bad escape (end of replacement)");
        escape(text_[at_++]);
      }
    }
    flush();
    return std::move(pieces_);
  }

 private:
  static bool digit(char c) { return c >= '0' && c <= '9'; }
  static bool octal(char c) { return c >= '0' && c <= '7'; }

  void flush() {
    if (!literal_.empty()) pieces_.emplace_back(std::move(literal_));
    literal_.clear();
  }

  void group(std::size_t number) {
    if (number > groups_) throw failure("invalid group reference {}", number);
    flush();
    pieces_.emplace_back(number);
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void escape(char c) {
    constexpr std::string_view kLetters = "abfnrtv";
    constexpr std::string_view kCharacters = "\a\b\f\n\r\t\v";
    if (c == 'g') return group_name();
    if (digit(c)) return number(c);
    if (const auto i = kLetters.find(c); i != std::string_view::npos) {
      literal_ += kCharacters[i];
    } else if (c == '\\') {
      literal_ += '\\';
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      throw failure("bad escape \\{} in a replacement", c);
    } else {
      literal_ += '\\';
      literal_ += c;
    }
  }

  /// \0 and three octal digits are a character, other digits a group.
  void number(char first) {
    std::size_t value = static_cast<std::size_t>(first - '0');
    if (first == '0') {
      for (int i = 0; i < 2 && octal(peek()); ++i) value = value * 8 + static_cast<std::size_t>(text_[at_++] - '0');
      append_utf8(literal_, static_cast<char32_t>(value));
      return;
    }
    if (digit(peek())) {
      const bool three = octal(first) && octal(peek()) && at_ + 1 < text_.size() && octal(text_[at_ + 1]);
      if (three) {
        value = value * 64 + static_cast<std::size_t>(text_[at_] - '0') * 8 +
                static_cast<std::size_t>(text_[at_ + 1] - '0');
        at_ += 2;
        if (value > 0377) throw failure("octal escape value outside of range 0-0o377 in a replacement");
        append_utf8(literal_, static_cast<char32_t>(value));
        return;
      }
      value = value * 10 + static_cast<std::size_t>(text_[at_++] - '0');
    }
    group(value);
  }

  void group_name() {
    const auto end = text_.find('>', at_);
    if (peek() != '<' || end == std::string_view::npos) throw failure("missing <, or group name, after \\g");
    const std::string name(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    if (name.empty()) throw failure("missing group name after \\g");
    if (digit(name[0])) {
      const auto number = parse_int(name, 10);
      if (!number) throw failure("bad character in group name '{}'", name);
      return group(static_cast<std::size_t>(*number));
    }
    const auto number = pcre2_substring_number_from_name(code_, reinterpret_cast<const unsigned char*>(name.c_str()));
    if (number < 0) throw failure("unknown group name '{}'", name);
    group(static_cast<std::size_t>(number));
  }

  std::string_view text_;
  pcre2_code* code_;
  std::uint32_t groups_ = 0;
  std::size_t at_ = 0;
  std::string literal_;
  std::vector<Piece> pieces_;
};

void append_replacement(std::string& out, const std::vector<Piece>& pieces, std::string_view text,
                        const std::size_t* ends, std::size_t groups) {
  for (const auto& piece : pieces) {
    if (const auto* literal = std::get_if<std::string>(&piece)) {
      out += *literal;
      continue;
    }
    const auto number = std::get<std::size_t>(piece);
    if (number >= groups || ends[2 * number] == PCRE2_UNSET) continue;
    out += text.substr(ends[2 * number], ends[2 * number + 1] - ends[2 * number]);
  }
}

}  // namespace

std::string regex_substitute(const std::string& pattern, std::string_view replacement, std::string_view text,
                             std::int64_t count) {
  const auto code = compile(pattern);
  const auto pieces = ReplacementParser(replacement, code.get()).run();
  const std::unique_ptr<pcre2_match_data, FreeMatch> match(pcre2_match_data_create_from_pattern(code.get(), nullptr));
  std::string out;
  std::size_t copied = 0;
  std::size_t at = 0;
  std::uint32_t options = PCRE2_NO_UTF_CHECK;
  for (std::int64_t done = 0; count <= 0 || done < count; ++done) {
    const auto groups = pcre2_match(code.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size(), at,
                                    options, match.get(), nullptr);
    if (groups == PCRE2_ERROR_NOMATCH) break;
    if (groups < 0) throw failure("regular expression '{}' failed: {}", pattern, message_of(groups));
    const auto* ends = pcre2_get_ovector_pointer(match.get());
    if (ends[1] < ends[0] || ends[0] < copied)
      throw failure("regular expression '{}' uses \\K, which is not supported", pattern);
    out += text.substr(copied, ends[0] - copied);
    append_replacement(out, pieces, text, ends, static_cast<std::size_t>(groups));
    if (out.size() > kMaxTextBytes) throw failure("string is too long");
    copied = ends[1];
    at = ends[1];
    // after an empty match only a longer one may begin at the same place
    options = PCRE2_NO_UTF_CHECK | (ends[0] == ends[1] ? PCRE2_NOTEMPTY_ATSTART : 0u);
  }
  return out + std::string(text.substr(copied));
}

}  // namespace lmms_eval::tmpl
