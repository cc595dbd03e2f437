#include "base/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <unicode/locid.h>
#include <unicode/unistr.h>

#include <map>
#include <mutex>

#include "base/errors.h"
#include "base/text.h"

namespace lmms_eval {

struct Regex::State {
  pcre2_code* code = nullptr;
  std::string pattern;
  ~State() { pcre2_code_free(code); }
};

namespace {

std::string message_of(int error) {
  PCRE2_UCHAR text[256];
  pcre2_get_error_message(error, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

/// Where Python and PCRE2 spell the same thing differently: the very end is \Z there and \z here, {,3} is a quantifier,
/// and a bracket inside a class is a bracket, never the start of [:alpha:].
std::string translated(std::string_view pattern) {
  std::string text;
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      const char next = pattern[++i];
      text += c;
      text += next == 'Z' ? 'z' : next;
    } else if (in_class) {
      if (c == '[') text += '\\';
      text += c;
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
      text += c;
      if (i + 1 < pattern.size() && pattern[i + 1] == '^') text += pattern[++i];
      if (i + 1 < pattern.size() && pattern[i + 1] == ']') text += "\\]", ++i;
    } else if (c == '{' && i + 2 < pattern.size() && pattern[i + 1] == ',' && pattern[i + 2] >= '0' &&
               pattern[i + 2] <= '9') {
      text += "{0";
    } else {
      text += c;
    }
  }
  return text;
}

/// Of one match, kept for the life of the process.
pcre2_match_context* limits() {
  constexpr std::uint32_t kHeapKiB = 512 << 10;
  auto* context = pcre2_match_context_create(nullptr);
  if (context) pcre2_set_heap_limit(context, kHeapKiB);
  return context;
}

struct MatchData {
  explicit MatchData(const pcre2_code* code) : data(pcre2_match_data_create_from_pattern(code, nullptr)) {}
  ~MatchData() { pcre2_match_data_free(data); }
  pcre2_match_data* data;
};

}  // namespace

Regex::Regex(std::string_view pattern, bool ignore_case) : state_(std::make_unique<State>()) {
  state_->pattern = std::string(pattern);
  const std::string text = translated(pattern);
  int error = 0;
  PCRE2_SIZE offset = 0;
  const std::uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF | (ignore_case ? PCRE2_CASELESS : 0u);
  state_->code =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), options, &error, &offset, nullptr);
  if (!state_->code)
    throw errors::config("regular expression '{}': {} at character {}", one_line(pattern, 100), message_of(error),
                         offset + 1);
  pcre2_jit_compile(state_->code, PCRE2_JIT_COMPLETE);
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;

const Regex& Regex::cached(const std::string& pattern) {
  static std::mutex mutex;
  static std::map<std::string, Regex> known;
  std::lock_guard lock(mutex);
  const auto found = known.find(pattern);
  return found != known.end() ? found->second : known.emplace(pattern, Regex(pattern)).first->second;
}

std::optional<Regex::Match> Regex::search(std::string_view text, std::size_t from) const {
  return search_from(text, from, false);
}

std::optional<Regex::Match> Regex::search_from(std::string_view text, std::size_t from, bool not_empty_there) const {
  if (from > text.size()) return std::nullopt;
  const MatchData match(state_->code);
  static pcre2_match_context* const kLimits = limits();
  const auto run = [&](std::uint32_t options) {
    if (not_empty_there) options |= PCRE2_NOTEMPTY_ATSTART;
    return pcre2_match(state_->code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from, options, match.data,
                       kLimits);
  };
  int count = run(0);
  // The interpreter remembers on the heap what does not fit the JIT's stack of 32 KB.
  if (count == PCRE2_ERROR_JIT_STACKLIMIT) count = run(PCRE2_NO_JIT);
  if (count == PCRE2_ERROR_NOMATCH) return std::nullopt;
  if (count < 0)
    throw errors::data("regular expression '{}' on a text of {} bytes: {}{}", one_line(state_->pattern, 100),
                       text.size(), message_of(count),
                       count == PCRE2_ERROR_MATCHLIMIT ? "; repeats within repeats, as in (a+)+, take for ever" : "");
  const PCRE2_SIZE* offsets = pcre2_get_ovector_pointer(match.data);
  Match result{offsets[0], offsets[1], {}};
  for (std::uint32_t group = 1; group < pcre2_get_ovector_count(match.data); ++group) {
    const bool set = group < static_cast<std::uint32_t>(count) && offsets[2 * group] != PCRE2_UNSET;
    result.groups.push_back(
        set ? std::optional(std::string(text.substr(offsets[2 * group], offsets[2 * group + 1] - offsets[2 * group])))
            : std::nullopt);
  }
  return result;
}

std::vector<Regex::Match> Regex::find_all(std::string_view text) const {
  std::vector<Match> matches;
  std::size_t from = 0;
  bool after_empty = false;
  // As Python since 3.7: an empty match may follow another match, but at the place of an empty match only a longer one
  // may begin.
  while (auto match = search_from(text, from, after_empty)) {
    if (match->end < match->begin || match->begin < from)
      throw errors::config("regular expression '{}': \\K is not supported", state_->pattern);
    after_empty = match->begin == match->end;
    from = match->end;
    matches.push_back(std::move(*match));
  }
  return matches;
}

std::string Regex::replace_all(std::string_view text, std::string_view replacement) const {
  std::string result;
  std::size_t from = 0;
  for (const auto& match : find_all(text)) {
    result += text.substr(from, match.begin - from);
    result += replacement;
    from = match.end;
  }
  return result += text.substr(from);
}

std::vector<std::string> Regex::split(std::string_view text) const {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (const auto& match : find_all(text)) {
    parts.emplace_back(text.substr(from, match.begin - from));
    from = match.end;
  }
  parts.emplace_back(text.substr(from));
  return parts;
}

std::string lower_unicode(std::string_view utf8) {
  std::string result;
  icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<std::int32_t>(utf8.size())))
      .toLower(icu::Locale::getRoot())
      .toUTF8String(result);
  return result;
}

std::string upper_unicode(std::string_view utf8) {
  std::string result;
  icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<std::int32_t>(utf8.size())))
      .toUpper(icu::Locale::getRoot())
      .toUTF8String(result);
  return result;
}

std::u32string utf8_to_utf32(std::string_view utf8) {
  const auto text = icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<std::int32_t>(utf8.size())));
  std::u32string points;
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1))
    points += static_cast<char32_t>(text.char32At(i));
  return points;
}

std::string regex_escape(const std::string& text) {
  static constexpr std::string_view kSpecial = "()[]{}?*+-|^$\\.&~# \t\n\r\v\f";
  std::string result;
  for (const char c : text) {
    if (kSpecial.find(c) != kSpecial.npos) result += '\\';
    result += c;
  }
  return result;
}

}  // namespace lmms_eval
