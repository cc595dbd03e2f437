#include "yaml/yaml_scan.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "yaml/yaml_scalar.h"

namespace lmms_eval {
namespace {

using Kind = ScannedValue::Kind;

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// Without a comment: a # at the start or after a blank, outside quotes.
std::string_view without_comment(std::string_view text) {
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quote) {
      if (text[i] == quote) quote = 0;
    } else if ((text[i] == '"' || text[i] == '\'') &&
               (i == 0 || text[i - 1] == ' ' || text[i - 1] == '[' || text[i - 1] == ',')) {
      quote = text[i];
    } else if (text[i] == '#' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t')) {
      return trim(text.substr(0, i));
    }
  }
  return trim(text);
}

/// A scalar on one line, quoted or not; nothing for what needs a parser.
std::optional<ScannedValue> simple_scalar(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text[0] == '"' || text[0] == '\'') {
    if (text.size() < 2 || text.back() != text[0]) return std::nullopt;
    const auto inside = text.substr(1, text.size() - 2);
    if (inside.find(text[0]) != inside.npos || inside.find('\\') != inside.npos) return std::nullopt;
    return ScannedValue{Kind::text, {std::string(inside)}};
  }
  constexpr std::string_view kIndicators = "&*!|>%@`{}[],?:#-";
  if (kIndicators.find(text[0]) != kIndicators.npos || text.find(": ") != text.npos || text.ends_with(':'))
    return std::nullopt;
  const std::string plain(text);
  if (yaml_plain_scalar(plain).is_string()) return ScannedValue{Kind::text, {plain}};
  return ScannedValue{Kind::other, {}};
}

/// [a, b] on one line, of simple scalars.
std::optional<ScannedValue> simple_list(std::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return std::nullopt;
  ScannedValue list{Kind::list, {}};
  const auto inside = trim(text.substr(1, text.size() - 2));
  if (inside.empty()) return list;
  for (const auto& item : split(inside, ',')) {
    const auto scalar = simple_scalar(trim(item));
    if (!scalar) return std::nullopt;
    if (scalar->kind == Kind::text) list.texts.push_back(scalar->texts.front());
  }
  return list;
}

/// The place behind the quote that closes a text; npos if it goes on on the next line.
std::size_t end_of_quoted(std::string_view text, char quote) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 >= text.size() || text[i + 1] != quote) return i + 1;
      ++i;  // a doubled one
    }
  }
  return text.npos;
}

bool is_blank_or_comment(std::string_view text) {
  const auto rest = trim(text);
  return rest.empty() || (rest[0] == '#' && (text[0] == ' ' || text[0] == '\t'));
}

/// True if a value without quotes that we do not need ends on its line, or goes on in indented lines only.
bool ends_on_line(std::string_view value) {
  if (value.empty()) return true;
  const char first = value.front(), last = value.back();
  if (first == '[') return last == ']';
  if (first == '{') return last == '}';
  return true;
}

class Scanner {
 public:
  std::optional<ScannedKeys> run(std::string_view yaml) {
    if (yaml.starts_with("\xef\xbb\xbf")) yaml.remove_prefix(3);
    while (!yaml.empty()) {
      const auto end = std::min(yaml.find('\n'), yaml.size());
      auto line = yaml.substr(0, end);
      yaml.remove_prefix(std::min(end + 1, yaml.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!take(line)) return std::nullopt;
    }
    if (open_quote_ != 0) return std::nullopt;
    return keys_;
  }

 private:
  bool take(std::string_view line) {
    if (open_quote_ != 0) return take_quoted(line);
    const auto content = trim(line);
    if (content.empty() || content[0] == '#') return true;
    if (line[0] == '\t') return false;
    if (line[0] == ' ') return take_inner(content, false);
    if (line.starts_with("---")) return !started_ && content == "---";
    if (line.starts_with("- ") || line == "-") return take_inner(content, true);
    return take_key(line);
  }

  /// A text in quotes that we do not need, to its end.
  bool take_quoted(std::string_view line) {
    const auto end = end_of_quoted(line, open_quote_);
    if (end == line.npos) return true;
    open_quote_ = 0;
    return is_blank_or_comment(line.substr(end));
  }

  /// `key: value`, the key with or without quotes, with or without blanks before the colon.
  bool take_key(std::string_view line) {
    started_ = true;
    const bool quoted = line[0] == '"' || line[0] == '\'';
    const char quote = line[0];
    if (quoted) line.remove_prefix(1);
    const auto length =
        static_cast<std::size_t>(std::find_if_not(line.begin(), line.end(), is_key_character) - line.begin());
    const auto key = line.substr(0, length);
    line.remove_prefix(length);
    if (quoted && !line.starts_with(quote)) return false;
    if (quoted) line.remove_prefix(1);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (key.empty() || !line.starts_with(':') || (line.size() > 1 && line[1] != ' ')) return false;
    return take_value(key, trim(line.substr(1)));
  }

  bool take_value(std::string_view key, std::string_view text) {
    current_ = wanted(key);
    if (!current_ && !text.empty() && (text[0] == '"' || text[0] == '\'')) {
      empty_value_ = false;
      open_quote_ = text[0];
      return take_quoted(text.substr(1));
    }
    const auto value = without_comment(text);
    empty_value_ = value.empty();
    if (!current_) return ends_on_line(value);
    *current_ = ScannedValue{};
    if (value.empty()) return true;
    const auto read = value[0] == '[' ? simple_list(value) : simple_scalar(value);
    if (read) *current_ = *read;
    return read.has_value();
  }

  /// A line that belongs to the last key: of interest if that is one of ours.
  bool take_inner(std::string_view content, bool at_line_start) {
    if (!started_ || (at_line_start && !empty_value_)) return false;
    if (!current_) return true;
    if (!empty_value_) return false;  // a value that goes on over lines
    const bool is_item = content.starts_with("- ") || content == "-";
    if (current_ == &keys_.task) {
      // What a group holds is read when it is loaded.
      if (current_->kind == Kind::absent && !is_item) return false;
      current_->kind = Kind::list;
      return true;
    }
    if (!is_item) return false;
    const auto item = simple_scalar(without_comment(trim(content.substr(1))));
    if (!item) return false;
    current_->kind = Kind::list;
    if (item->kind == Kind::text) current_->texts.push_back(item->texts.front());
    return true;
  }

  ScannedValue* wanted(std::string_view key) {
    if (key == "task") return &keys_.task;
    if (key == "group") return &keys_.group;
    if (key == "tag") return &keys_.tag;
    if (key == "include") return &keys_.include;
    return key == "output_type" ? &keys_.output_type : nullptr;
  }

  ScannedKeys keys_;
  ScannedValue* current_ = nullptr;  // of the last key; null if it is not wanted
  char open_quote_ = 0;              // of a text that goes on
  bool empty_value_ = false;         // nothing stood behind the last key
  bool started_ = false;
};

}  // namespace

std::optional<ScannedKeys> scan_keys(std::string_view yaml) { return Scanner().run(yaml); }

}  // namespace lmms_eval
