// Filters on text: upper, trim, replace, indent, truncate …
#include <algorithm>

#include "template/arguments.h"
#include "template/printf.h"
#include "template/regex.h"
#include "template/registries.h"
#include "template/unicode.h"

namespace lmms_eval::tmpl {
namespace {

using F = FilterFunction;

/// A filter that maps text to text and takes no arguments.
template <std::string (*kMapping)(std::string_view)>
Value mapped(Runtime&, const Value& input, Arguments arguments) {
  const Parameters none(std::move(arguments), "filter", {});
  return kMapping(str(input));
}

Value trim(Runtime&, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "trim", {"chars"});
  const auto text = str(input);
  if (!p.has(0) || p[0].is_none()) return Value(strip(text, nullptr, true, true));
  const auto characters = p.text(0);
  return Value(strip(text, &characters, true, true));
}

bool begins_word(char32_t c) { return c == '-' || is_space(c) || c == '(' || c == '{' || c == '[' || c == '<'; }

/// Jinja's title: words begin after white space and - ( { [ <.
std::string title(std::string_view text) {
  std::string out;
  std::string rest;
  bool first = true;
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = at;
    const auto c = next_code_point(text, at);
    const auto character = text.substr(begin, at - begin);
    if (begins_word(c)) {
      out += to_lower(rest);
      rest.clear();
      out += character;
      first = true;
    } else if (first) {
      out += to_upper(character);
      first = false;
    } else {
      rest += character;
    }
  }
  return out + to_lower(rest);
}

Value replace(Runtime&, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "replace", {"old", "new", "count"}, 2);
  const auto count = p.has(2) && !p[2].is_none() ? p.integer(2, -1) : -1;
  return replace_all(str(input), str(p[0]), str(p[1]), count);
}

Value center(Runtime&, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "center", {"width"});
  const auto text = str(input);
  const auto missing = p.integer(0, 80) - static_cast<std::int64_t>(count_code_points(text));
  if (missing <= 0) return text;
  // str.center puts the odd space on the left if the width is odd
  const auto left = missing / 2 + (missing & p.integer(0, 80) & 1);
  return repeat(" ", left) + text + repeat(" ", missing - left);
}

Value indent(Runtime&, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "indent", {"width", "first", "blank"});
  if (!input.is_string()) throw failure("indent needs a string, not {}", type_name(input));
  const auto indention = p.has(0) && p[0].is_string() ? p[0].as_string() : repeat(" ", p.integer(0, 4));
  const bool blank = p.flag(2, false);
  const bool indent_first = p.flag(1, false);
  const auto text = input.as_string() + "\n";
  std::string out;
  bool first = true;
  for (const auto line : split_lines(text, false)) {
    if (!first) out += "\n";
    if ((first && indent_first) || (!first && (blank || !line.empty()))) out += indention;
    out += line;
    if (out.size() > kMaxTextBytes) throw failure("string is too long");
    first = false;
  }
  return out;
}

Value truncate(Runtime&, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "truncate", {"length", "killwords", "end", "leeway"});
  const auto limit = p.integer(0, 255);
  const auto end = p.text(2, "...");
  const auto leeway = p.has(3) && !p[3].is_none() ? p.integer(3, 5) : 5;
  const auto end_length = static_cast<std::int64_t>(count_code_points(end));
  if (limit < end_length) throw failure("expected length >= {}, got {}", end_length, limit);
  if (leeway < 0) throw failure("expected leeway >= 0, got {}", leeway);
  const auto size = length(input);
  if (!size) throw failure("object of type '{}' has no len()", type_name(input));
  if (*size <= limit + leeway) return input;
  if (!input.is_string()) throw failure("truncate needs a string, not {}", type_name(input));
  const auto& text = input.as_string();
  auto kept = text.substr(0, byte_offset(text, static_cast<std::size_t>(limit - end_length)));
  if (!p.flag(1, false)) {
    if (const auto space = kept.rfind(' '); space != std::string::npos) kept.resize(space);
  }
  return kept + end;
}

Value word_count(Runtime&, const Value& input, Arguments arguments) {
  const Parameters none(std::move(arguments), "wordcount", {});
  const auto text = str(input);
  std::int64_t count = 0;
  bool inside = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto c = next_code_point(text, at);
    const bool word = c == '_' || is_alnum(c);
    count += word && !inside;
    inside = word;
  }
  return count;
}

Value format(Runtime&, const Value& input, Arguments arguments) {
  if (!arguments.positional.empty() && !arguments.keyword.empty()) {
    throw failure("can't handle positional and keyword arguments at the same time");
  }
  if (arguments.keyword.empty())
    return format_percent(str(input), Value::tuple(std::move(arguments.positional)), false);
  std::vector<std::pair<Value, Value>> entries;
  for (auto& [name, value] : arguments.keyword) entries.emplace_back(Value(name), std::move(value));
  return format_percent(str(input), Value::dict(std::move(entries)), false);
}

Value safe(Runtime&, const Value& input, Arguments arguments) {
  const Parameters none(std::move(arguments), "safe", {});
  return Value::markup(str(input));
}

Value escape(Runtime&, const Value& input, Arguments arguments) {
  const Parameters none(std::move(arguments), "escape", {});
  if (input.is_string() && input.as_text().markup()) return input;
  return Value::markup(escape_html(str(input)));
}

Value force_escape(Runtime&, const Value& input, Arguments arguments) {
  const Parameters none(std::move(arguments), "forceescape", {});
  return Value::markup(escape_html(str(input)));
}

std::string unescape_html(std::string text) {
  constexpr std::pair<const char*, const char*> kEntities[] = {{"&lt;", "<"},    {"&gt;", ">"},  {"&#34;", "\""},
                                                               {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}};
  for (const auto& [entity, character] : kEntities) text = replace_all(text, entity, character, -1);
  return text;
}

Value strip_tags(Runtime&, const Value& input, Arguments arguments) {
  const Parameters none(std::move(arguments), "striptags", {});
  auto text = str(input);
  for (const auto& [open, close] : {std::pair<std::string, std::string>{"<!--", "-->"}, {"<", ">"}}) {
    for (auto begin = text.find(open); begin != std::string::npos; begin = text.find(open, begin)) {
      const auto end = text.find(close, begin);
      if (end == std::string::npos) break;
      text.erase(begin, end + close.size() - begin);
    }
  }
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = at;
    const bool space = is_space(next_code_point(text, at));
    if (!space) {
      out += text.substr(begin, at - begin);
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return unescape_html(std::move(out));
}

std::string quote_url(std::string_view text, bool query) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view("_.-~").find(c) != std::string_view::npos || (c == '/' && !query);
    if (plain) {
      out += c;
    } else if (query && c == ' ') {
      out += '+';
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Value url_encode(Runtime&, const Value& input, Arguments arguments) {
  const Parameters none(std::move(arguments), "urlencode", {});
  if (input.is_string() || !iterable(input)) return quote_url(str(input), false);
  std::string out;
  const auto append = [&](const Value& key, const Value& value) {
    out += (out.empty() ? "" : "&") + quote_url(str(key), true) + "=" + quote_url(str(value), true);
  };
  if (input.is_dict()) {
    for (const auto& [key, value] : input.as_dict().entries()) append(key, value);
    return out;
  }
  for (const auto& item : to_vector(input)) {
    const auto pair = to_vector(item);
    if (pair.size() != 2) throw failure("urlencode needs pairs, got {}", repr(item));
    append(pair[0], pair[1]);
  }
  return out;
}

/// lmms-eval's filter: re.sub(pattern, repl, string, count)
Value regex_replace(Runtime&, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "regex_replace", {"pattern", "repl", "count"}, 2);
  if (input.is_undefined()) fail_undefined(input);
  if (!input.is_string()) throw failure("expected string or bytes-like object, got '{}'", type_name(input));
  return regex_substitute(p.text(0), p.text(1), input.as_string(), p.integer(2, 0));
}

}  // namespace

const FilterTable& text_filters() {
  static const FilterTable table = {
      {"upper", F{mapped<to_upper>}},
      {"lower", F{mapped<to_lower>}},
      {"capitalize", F{mapped<to_capitalized>}},
      {"title", F{mapped<title>}},
      {"trim", F{trim}},
      {"replace", F{replace}},
      {"center", F{center}},
      {"indent", F{indent}},
      {"truncate", F{truncate}},
      {"wordcount", F{word_count}},
      {"format", F{format}},
      {"safe", F{safe}},
      {"e", F{escape}},
      {"escape", F{escape}},
      {"forceescape", F{force_escape}},
      {"striptags", F{strip_tags}},
      {"urlencode", F{url_encode}},
      {"regex_replace", F{regex_replace}},
  };
  return table;
}

}  // namespace lmms_eval::tmpl
