#include "models/local/tokenizer/oniguruma.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "models/local/tokenizer/unicode_data.h"

namespace lmms_eval::local::tokenization {
namespace {

constexpr std::string_view kSpace =
    R"(\x{9}-\x{d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";
constexpr std::string_view kNotSpace =
    R"(\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{84}\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027})"
    R"(\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10ffff})";
constexpr std::string_view kHex = "0-9A-Fa-f";
constexpr std::string_view kNotHex = R"(\x{0}-/:-@G-`g-\x{10ffff})";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// Lower case, without spaces, hyphens and underscores: how property names are compared.
std::string loose_name(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == ' ' || c == '_' || c == '-') continue;
    result.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
  }
  return result;
}

/// The ranges, as the inside of a bracket, of the categories newer than PCRE2's tables for which `accept` holds.
template <typename Accept>
std::string new_ranges(Accept accept) {
  std::string result;
  for (const auto& range : ranges_since_unicode_14()) {
    if (!accept(range.category)) continue;
    result +=
        fmt::format("\\x{{{:x}}}-\\x{{{:x}}}", static_cast<unsigned>(range.first), static_cast<unsigned>(range.last));
  }
  return result;
}

std::string category_items(std::string_view category) {
  return fmt::format("\\p{{{}}}{}", category, new_ranges([&](std::string_view c) { return c.starts_with(category); }));
}

bool is_alphabetic_category(std::string_view c) { return c[0] == 'L' || c[0] == 'M'; }

std::string alphabetic_items() {
  return "\\p{Alphabetic}" + new_ranges([](auto c) { return c[0] == 'L'; });
}

/// Oniguruma's \w: Alphabetic, marks, decimal digits, connectors, and the Latin-1 superscripts and fractions.
std::string word_items() {
  return R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{b2}\x{b3}\x{b9}\x{bc}-\x{be})" +
         new_ranges([](auto c) { return is_alphabetic_category(c) || c == "Nd"; });
}

/// The long names of general categories that Oniguruma knows beside the short ones, loosely written.
constexpr std::pair<std::string_view, std::string_view> kCategoryNames[] = {{"letter", "L"},
                                                                            {"uppercaseletter", "Lu"},
                                                                            {"lowercaseletter", "Ll"},
                                                                            {"titlecaseletter", "Lt"},
                                                                            {"modifierletter", "Lm"},
                                                                            {"otherletter", "Lo"},
                                                                            {"mark", "M"},
                                                                            {"nonspacingmark", "Mn"},
                                                                            {"spacingmark", "Mc"},
                                                                            {"enclosingmark", "Me"},
                                                                            {"number", "N"},
                                                                            {"decimalnumber", "Nd"},
                                                                            {"letternumber", "Nl"},
                                                                            {"othernumber", "No"},
                                                                            {"punctuation", "P"},
                                                                            {"connectorpunctuation", "Pc"},
                                                                            {"dashpunctuation", "Pd"},
                                                                            {"openpunctuation", "Ps"},
                                                                            {"closepunctuation", "Pe"},
                                                                            {"initialpunctuation", "Pi"},
                                                                            {"finalpunctuation", "Pf"},
                                                                            {"otherpunctuation", "Po"},
                                                                            {"symbol", "S"},
                                                                            {"mathsymbol", "Sm"},
                                                                            {"currencysymbol", "Sc"},
                                                                            {"modifiersymbol", "Sk"},
                                                                            {"othersymbol", "So"},
                                                                            {"separator", "Z"},
                                                                            {"spaceseparator", "Zs"},
                                                                            {"lineseparator", "Zl"},
                                                                            {"paragraphseparator", "Zp"}};

std::optional<std::string> category_named(const std::string& loose) {
  constexpr std::string_view kShort[] = {"L",  "Lu", "Ll", "Lt", "Lm", "Lo", "M",  "Mn", "Mc", "Me", "N",  "Nd", "Nl",
                                         "No", "P",  "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S",  "Sm", "Sc", "Sk",
                                         "So", "Z",  "Zs", "Zl", "Zp", "C",  "Cc", "Cf", "Cn", "Co", "Cs"};
  for (const auto name : kShort) {
    if (loose_name(name) == loose) return std::string(name);
  }
  for (const auto& [name, category] : kCategoryNames) {
    if (name == loose) return std::string(category);
  }
  return std::nullopt;
}

/// The inside of a bracket that matches a property or a POSIX bracket of this name; nothing for other names (scripts).
std::optional<std::string> property_items(const std::string& loose) {
  if (loose == "alpha" || loose == "alphabetic") return alphabetic_items();
  if (loose == "alnum") return alphabetic_items() + category_items("Nd");
  if (loose == "digit") return category_items("Nd");
  if (loose == "punct") return category_items("P") + category_items("S");
  if (loose == "space" || loose == "whitespace") return std::string(kSpace);
  if (loose == "word") return word_items();
  if (loose == "xdigit") return std::string(kHex);
  if (loose == "ascii") return std::string("\\x{0}-\\x{7f}");
  if (loose == "blank") return "\\x{9}" + category_items("Zs");
  if (loose == "any") return std::string("\\x{0}-\\x{10ffff}");
  if (const auto category = category_named(loose)) return category_items(*category);
  return std::nullopt;
}

class Translator {
 public:
  Translator(std::string_view in, const std::string& where) : in_(in), where_(where) {}

  std::string run() {
    while (at_ < in_.size()) step();
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse(std::string_view what) const {
    throw errors::model("{}: the regular expression '{}' has {} at byte {}, which is not supported", where_, in_, what,
                        at_);
  }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < in_.size() ? in_[at_ + ahead] : '\0'; }
  bool looking_at(std::string_view text) const { return in_.substr(at_).starts_with(text); }
  void atom(std::string_view text) {
    atom_ = out_.size();
    out_ += text;
  }
  void bracket(std::string_view items, bool negated = false) { atom(fmt::format("[{}{}]", negated ? "^" : "", items)); }

  void step() {
    switch (peek()) {
      case '\\':
        return escape();
      case '[':
        return character_class();
      case '(':
        return open_group();
      case ')':
        return close_group();
      case '{':
        return braces();
      case '^':
        return ++at_, atom("(?m:^)");
      case '$':
        return ++at_, atom("(?m:$)");
      case '*':
      case '+':
      case '?':
        return quantifier();
      case '|':
        out_ += in_[at_++];
        return;
      default:
        return literal();
    }
  }

  void literal() {
    const std::size_t start = at_;
    next_code_point(in_, at_);
    atom(in_.substr(start, at_ - start));
  }

  void quantifier() {
    out_ += in_[at_++];
    while (peek() == '?' || peek() == '+') out_ += in_[at_++];
  }

  /// {n} {n,} {n,m} {,m} with ? for lazy; a following + repeats, where PCRE2 would make it possessive.
  void braces() {
    std::size_t end = at_ + 1;
    while (end < in_.size() && (is_digit(in_[end]) || in_[end] == ',')) ++end;
    const auto inside = in_.substr(at_ + 1, end - at_ - 1);
    const auto comma = inside.find(',');
    const bool is_quantifier =
        end < in_.size() && in_[end] == '}' && !inside.empty() && inside != "," &&
        (comma == std::string_view::npos || inside.find(',', comma + 1) == std::string_view::npos);
    if (!is_quantifier) return ++at_, atom("\\{");
    at_ = end + 1;
    if (peek() == '?' && comma == std::string_view::npos) refuse("an optional {n}?");
    out_ += fmt::format("{{{}{}}}", comma == 0 ? "0" : "", inside);
    if (peek() == '?') {
      out_ += in_[at_++];
    } else if (peek() == '+' || peek() == '*') {
      out_.insert(atom_, "(?:");
      out_ += ')';
    }
  }

  void open_group() {
    constexpr std::string_view kPlain[] = {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"};
    groups_.push_back(out_.size());
    for (const auto start : kPlain) {
      if (looking_at(start)) return take(start);
    }
    if (!looking_at("(?")) return take("(");
    if (looking_at("(?#")) return comment();
    if (looking_at("(?<")) return take("(?<");
    options();
  }
  void take(std::string_view text) {
    out_ += text;
    at_ += text.size();
  }
  void comment() {
    groups_.pop_back();
    const auto end = in_.find(')', at_);
    if (end == std::string_view::npos) refuse("an open comment");
    at_ = end + 1;
  }

  /// (?i) (?m) (?-im:...): Ruby's m is PCRE2's s.
  void options() {
    const std::size_t start = at_;
    std::string flags = "(?";
    for (at_ += 2; peek() == 'i' || peek() == 'm' || peek() == '-'; ++at_) flags += peek() == 'm' ? 's' : peek();
    if (peek() != ':' && peek() != ')') refuse("this kind of group");
    // Ruby reads a(?i)b|c as a(?i:b|c); only at the start of a group is that what PCRE2 does.
    const bool first = start == 0 || in_.substr(0, start).ends_with("(?:");
    if (peek() == ')') {
      if (!first) refuse("an option in the middle of a group");
      groups_.pop_back();
    }
    out_ += flags;
    out_ += in_[at_++];
  }

  void close_group() {
    ++at_;
    out_ += ')';
    if (groups_.empty()) refuse("an unmatched )");
    atom_ = groups_.back();
    groups_.pop_back();
  }

  void escape() {
    const char c = peek(1);
    if (at_ + 1 >= in_.size()) refuse("a backslash at its end");
    if (c == 'p' || c == 'P') {
      const auto [items, negated] = property();
      return bracket(items, negated);
    }
    if (const auto set = set_escape(c)) {
      at_ += 2;
      return bracket(set->first, set->second);
    }
    if (c == 'b' || c == 'B') {
      at_ += 2;
      const auto word = word_items();
      return atom(c == 'b' ? fmt::format("(?:(?<=[{0}])(?![{0}])|(?<![{0}])(?=[{0}]))", word)
                           : fmt::format("(?:(?<=[{0}])(?=[{0}])|(?<![{0}])(?![{0}]))", word));
    }
    if (c == 'A' || c == 'z' || c == 'Z' || c == 'G' || c == 'R' || (c >= '1' && c <= '9')) {
      at_ += 2;
      return atom(std::string{'\\', c});
    }
    atom(character_escape());
  }

  /// The items of \s \d \w \h and whether they are negated.
  static std::optional<std::pair<std::string, bool>> set_escape(char c) {
    switch (c) {
      case 's':
        return std::pair{std::string(kSpace), false};
      case 'S':
        return std::pair{std::string(kSpace), true};
      case 'd':
        return std::pair{category_items("Nd"), false};
      case 'D':
        return std::pair{category_items("Nd"), true};
      case 'w':
        return std::pair{word_items(), false};
      case 'W':
        return std::pair{word_items(), true};
      case 'h':
        return std::pair{std::string(kHex), false};
      case 'H':
        return std::pair{std::string(kHex), true};
      default:
        return std::nullopt;
    }
  }

  /// \p{Name}, \P{Name}, \p{^Name}: the items of a bracket, and whether negated.
  std::pair<std::string, bool> property() {
    bool negated = peek(1) == 'P';
    if (peek(2) != '{') refuse("\\p without {");
    const auto end = in_.find('}', at_);
    if (end == std::string_view::npos) refuse("\\p without }");
    auto name = in_.substr(at_ + 3, end - at_ - 3);
    if (name.starts_with('^')) {
      negated = !negated;
      name.remove_prefix(1);
    }
    const auto loose = loose_name(name);
    auto items = property_items(loose);
    if (!items) {
      if (!std::all_of(loose.begin(), loose.end(), [](char c) { return is_letter(c) || is_digit(c); }))
        refuse("this property");
      items = fmt::format("\\p{{{}}}", name);
    }
    at_ = end + 1;
    return {*items, negated};
  }

  /// An escaped single character, written so that PCRE2 understands the same.
  std::string character_escape() {
    const char c = peek(1);
    switch (c) {
      case 't':
      case 'n':
      case 'r':
      case 'f':
      case 'a':
      case 'e':
        at_ += 2;
        return {'\\', c};
      case 'v':
        return at_ += 2, "\\x{b}";
      case '0':
        return at_ += 2, "\\x{0}";
      case 'x':
        return peek(2) == '{' ? braced_code_point() : hex_code_point(2, 0x7F);
      case 'u':
        return hex_code_point(4, 0xFFFF);
      default:
        break;
    }
    if (is_letter(c) || is_digit(c)) refuse(fmt::format("\\{}", c));
    ++at_;
    const std::size_t start = at_;
    next_code_point(in_, at_);
    return fmt::format("\\{}", in_.substr(start, at_ - start));
  }
  std::string braced_code_point() {
    const auto end = in_.find('}', at_);
    if (end == std::string_view::npos) refuse("\\x without }");
    const auto digits = in_.substr(at_ + 3, end - at_ - 3);
    if (digits.empty() || digits.size() > 8 || !std::all_of(digits.begin(), digits.end(), is_hex))
      refuse("this \\x{...}");
    at_ = end + 1;
    return fmt::format("\\x{{{}}}", digits);
  }
  std::string hex_code_point(std::size_t width, unsigned most) {
    const auto digits = in_.substr(std::min(at_ + 2, in_.size()), width);
    if (digits.size() != width || !std::all_of(digits.begin(), digits.end(), is_hex)) refuse("an incomplete escape");
    // \x80 and above are single bytes to Oniguruma, of which a character is made up.
    if (std::stoul(std::string(digits), nullptr, 16) > most) refuse("a byte escape above \\x7F");
    at_ += 2 + width;
    return fmt::format("\\x{{{}}}", digits);
  }

  void character_class() {
    atom_ = out_.size();
    out_ += '[';
    ++at_;
    if (peek() == '^') out_ += in_[at_++];
    if (peek() == ']') {
      out_ += "\\]";
      ++at_;
    }
    while (peek() != ']') {
      if (at_ >= in_.size()) refuse("an open [");
      class_item();
    }
    ++at_;
    out_ += ']';
  }

  void class_item() {
    if (looking_at("[:")) return posix_bracket();
    if (peek() == '[') refuse("a class inside a class");
    if (looking_at("&&")) refuse("a class intersection");
    if (peek() != '\\') {
      const std::size_t start = at_;
      next_code_point(in_, at_);
      out_ += in_.substr(start, at_ - start);
      return;
    }
    const char c = peek(1);
    if (c == 'p' || c == 'P') return class_property();
    if (c == 'S' || c == 'H') {
      at_ += 2;
      out_ += c == 'S' ? kNotSpace : kNotHex;
      return;
    }
    if (const auto set = set_escape(c)) {
      if (set->second) refuse(fmt::format("\\{} inside brackets", c));
      at_ += 2;
      out_ += set->first;
      return;
    }
    if (c == 'b') {
      at_ += 2;
      out_ += "\\x{8}";
      return;
    }
    out_ += character_escape();
  }

  void class_property() {
    const std::size_t start = at_;
    const auto [items, negated] = property();
    if (!negated) {
      out_ += items;
      return;
    }
    // PCRE2 has no negated set inside brackets but its own \P{...}.
    auto name = in_.substr(start + 3, at_ - start - 4);
    if (name.starts_with('^')) name.remove_prefix(1);
    const auto category = category_named(loose_name(name));
    if (!category && property_items(loose_name(name))) refuse("this negated property inside brackets");
    out_ += fmt::format("\\P{{{}}}", category ? *category : std::string(name));
  }

  void posix_bracket() {
    const auto end = in_.find(":]", at_);
    if (end == std::string_view::npos) refuse("a [ inside brackets");
    const auto items = property_items(loose_name(in_.substr(at_ + 2, end - at_ - 2)));
    if (!items) refuse("this POSIX bracket");
    out_ += *items;
    at_ = end + 2;
  }

  std::string_view in_;
  const std::string& where_;
  std::string out_;
  std::size_t at_ = 0;
  std::size_t atom_ = 0;             // where the last atom starts in out_
  std::vector<std::size_t> groups_;  // where open groups start in out_
};

}  // namespace

std::string oniguruma_to_pcre2(std::string_view expression, const std::string& where) {
  return Translator(expression, where).run();
}

}  // namespace lmms_eval::local::tokenization
