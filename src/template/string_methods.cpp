// Methods of str.
#include <algorithm>

#include "template/arguments.h"
#include "template/registries.h"
#include "template/string_format.h"
#include "template/unicode.h"

namespace lmms_eval::tmpl {
namespace {

void no_arguments(Arguments arguments, std::string_view name) { const Parameters none(std::move(arguments), name, {}); }

template <std::string (*kMapping)(std::string_view)>
Value mapped(Runtime&, const Value& self, Arguments arguments) {
  no_arguments(std::move(arguments), "str method");
  return kMapping(self.as_string());
}

template <bool kLeft, bool kRight>
Value stripped(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "strip", {""});
  if (!p.has(0) || p[0].is_none()) return Value(strip(self.as_string(), nullptr, kLeft, kRight));
  const auto characters = p.text(0);
  return Value(strip(self.as_string(), &characters, kLeft, kRight));
}

/// Where the white space nearest to the left or right end of `text` begins and ends; empty at the end if there is none.
std::pair<std::size_t, std::size_t> find_space(std::string_view text, bool from_right) {
  std::pair<std::size_t, std::size_t> found{text.size(), text.size()};
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = at;
    if (!is_space(next_code_point(text, at))) continue;
    found = {begin, at};
    if (!from_right) break;
  }
  return found;
}

/// Words between runs of white space; at most `limit` cuts, from the left or right. What is left after the last cut
/// keeps the white space at its far end.
std::vector<std::string_view> split_space(std::string_view text, std::int64_t limit, bool from_right) {
  std::vector<std::string_view> parts;
  text = strip(text, nullptr, !from_right, from_right);
  while (!text.empty() && limit != 0) {
    const auto [begin, end] = find_space(text, from_right);
    if (begin == end) break;
    parts.push_back(from_right ? text.substr(end) : text.substr(0, begin));
    text = strip(from_right ? text.substr(0, begin) : text.substr(end), nullptr, !from_right, from_right);
    --limit;
  }
  if (!text.empty()) parts.push_back(text);
  if (from_right) std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string_view> split_by(std::string_view text, std::string_view separator, std::int64_t limit,
                                       bool from_right) {
  std::vector<std::string_view> parts;
  while (limit != 0) {
    const auto found = from_right ? text.rfind(separator) : text.find(separator);
    if (found == std::string_view::npos) break;
    parts.push_back(from_right ? text.substr(found + separator.size()) : text.substr(0, found));
    text = from_right ? text.substr(0, found) : text.substr(found + separator.size());
    --limit;
  }
  parts.push_back(text);
  if (from_right) std::reverse(parts.begin(), parts.end());
  return parts;
}

Value list_of(const std::vector<std::string_view>& parts) {
  std::vector<Value> items;
  items.reserve(parts.size());
  for (const auto part : parts) items.emplace_back(part);
  return Value::list(std::move(items));
}

template <bool kFromRight>
Value split(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "split", {"sep", "maxsplit"});
  const auto limit = p.integer(1, -1);
  if (!p.has(0) || p[0].is_none()) return list_of(split_space(self.as_string(), limit, kFromRight && limit >= 0));
  const auto separator = p.text(0);
  if (separator.empty()) throw failure("empty separator");
  return list_of(split_by(self.as_string(), separator, limit, kFromRight));
}

Value split_into_lines(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "splitlines", {"keepends"});
  return list_of(split_lines(self.as_string(), p.flag(0, false)));
}

template <bool kFromRight>
Value partition(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "partition", {""}, 1);
  const auto separator = p.text(0);
  if (separator.empty()) throw failure("empty separator");
  const auto& text = self.as_string();
  const auto at = kFromRight ? text.rfind(separator) : text.find(separator);
  if (at == std::string::npos) {
    return kFromRight ? Value::tuple({"", "", self}) : Value::tuple({self, "", ""});
  }
  return Value::tuple({text.substr(0, at), separator, text.substr(at + separator.size())});
}

Value join(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "join", {""}, 1);
  std::string out;
  std::size_t index = 0;
  const auto items = iterate(p[0]);
  for (Value item; items->next(item); ++index) {
    if (item.is_undefined() && item.as_undefined().strict) fail_undefined(item);
    if (!item.is_string()) throw failure("sequence item {}: expected str instance, {} found", index, type_name(item));
    if (index > 0) out += self.as_string();
    out += item.as_string();
    if (out.size() > kMaxTextBytes) throw failure("string is too long");
  }
  return out;
}

Value replace(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "replace", {"", "", ""}, 2);
  return replace_all(self.as_string(), p.text(0), p.text(1), p.integer(2, -1));
}

/// The part of a string that find, count, startswith … look at: bytes from `begin`, and where it lies in code points.
struct Window {
  std::string_view text;
  std::int64_t first = 0;
  /// False if start is beyond the end, where not even an empty string is found.
  bool inside = true;
};

Window window(const Value& self, const Parameters& p, std::size_t start_at) {
  const auto& text = self.as_text();
  const auto size = static_cast<std::int64_t>(text.length());
  const auto bound = [&](std::size_t i) { return p.has(i) ? p[i] : Value(); };
  const auto range = resolve_slice(size, bound(start_at), bound(start_at + 1), Value());
  auto start = bound(start_at).is_none() ? 0 : index_of(bound(start_at));
  if (start < 0) start = std::max<std::int64_t>(start + size, 0);
  auto stop = bound(start_at + 1).is_none() ? size : index_of(bound(start_at + 1));
  if (stop < 0) stop = std::max<std::int64_t>(stop + size, 0);
  const auto begin = byte_offset(text.bytes(), static_cast<std::size_t>(range.start));
  const std::string_view rest = std::string_view(text.bytes()).substr(begin);
  const auto length = byte_offset(rest, static_cast<std::size_t>(range.count));
  return {rest.substr(0, length), range.start, start <= std::min(stop, size)};
}

std::int64_t find_text(const Value& self, const Parameters& p, bool from_right) {
  const auto part = window(self, p, 1);
  const auto wanted = p.text(0);
  if (!part.inside) return -1;
  const auto at = from_right ? part.text.rfind(wanted) : part.text.find(wanted);
  if (at == std::string_view::npos) return -1;
  return part.first + static_cast<std::int64_t>(count_code_points(part.text.substr(0, at)));
}

template <bool kFromRight, bool kMustFind>
Value find(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "find", {"", "", ""}, 1);
  const auto at = find_text(self, p, kFromRight);
  if (kMustFind && at < 0) throw failure("substring not found");
  return at;
}

Value count(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "count", {"", "", ""}, 1);
  const auto part = window(self, p, 1);
  const auto wanted = p.text(0);
  if (!part.inside) return 0;
  if (wanted.empty()) return static_cast<std::int64_t>(count_code_points(part.text)) + 1;
  std::int64_t found = 0;
  for (auto at = part.text.find(wanted); at != std::string_view::npos; at = part.text.find(wanted, at + wanted.size()))
    ++found;
  return found;
}

template <bool kEnd>
Value starts_or_ends(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), kEnd ? "endswith" : "startswith", {"", "", ""}, 1);
  const auto part = window(self, p, 1);
  const auto matches = [&](const Value& affix) {
    if (affix.is_undefined()) fail_undefined(affix);
    if (!affix.is_string()) {
      throw failure("{} first arg must be str or a tuple of str, not {}", kEnd ? "endswith" : "startswith",
                    type_name(affix));
    }
    if (!part.inside) return false;
    return kEnd ? part.text.ends_with(affix.as_string()) : part.text.starts_with(affix.as_string());
  };
  if (!p[0].is_tuple()) return matches(p[0]);
  const auto& affixes = p[0].as_tuple().items;
  return std::any_of(affixes.begin(), affixes.end(), matches);
}

template <bool kSuffix>
Value remove_affix(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), kSuffix ? "removesuffix" : "removeprefix", {""}, 1);
  std::string_view text = self.as_string();
  const auto affix = p.text(0);
  if (kSuffix && text.ends_with(affix)) text.remove_suffix(affix.size());
  if (!kSuffix && text.starts_with(affix)) text.remove_prefix(affix.size());
  return Value(text);
}

/// str.is…(): not empty, and all characters are so.
template <bool (*kHolds)(char32_t)>
Value all_are(Runtime&, const Value& self, Arguments arguments) {
  no_arguments(std::move(arguments), "str method");
  const auto& text = self.as_string();
  for (std::size_t at = 0; at < text.size();) {
    if (!kHolds(next_code_point(text, at))) return false;
  }
  return !text.empty();
}

template <bool kUpper>
Value is_cased(Runtime& runtime, const Value& self, Arguments arguments) {
  return find_test(kUpper ? "upper" : "lower")(runtime, self, std::move(arguments));
}

Value is_title_text(Runtime&, const Value& self, Arguments arguments) {
  no_arguments(std::move(arguments), "istitle");
  bool some = false;
  bool after_cased = false;
  for (const auto c : code_points(self.as_string())) {
    if (is_upper(c) || is_title(c)) {
      if (after_cased) return false;
      after_cased = some = true;
    } else if (is_lower(c)) {
      if (!after_cased) return false;
    } else {
      after_cased = false;
    }
  }
  return some;
}

Value is_ascii(Runtime&, const Value& self, Arguments arguments) {
  no_arguments(std::move(arguments), "isascii");
  return self.as_text().ascii();
}

Value is_printable_text(Runtime&, const Value& self, Arguments arguments) {
  no_arguments(std::move(arguments), "isprintable");
  const auto points = code_points(self.as_string());
  return std::all_of(points.begin(), points.end(), is_printable);
}

Value is_identifier(Runtime&, const Value& self, Arguments arguments) {
  no_arguments(std::move(arguments), "isidentifier");
  const auto points = code_points(self.as_string());
  return !points.empty() && is_identifier_start(points[0]) &&
         std::all_of(points.begin(), points.end(), is_identifier_part);
}

template <char kAlign>
Value justify(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "justify", {"", ""}, 1);
  const auto width = p.integer(0, 0);
  const auto fill = p.text(1, " ");
  if (count_code_points(fill) != 1) throw failure("The fill character must be exactly one character long");
  const auto missing = width - static_cast<std::int64_t>(self.as_text().length());
  if (missing <= 0) return self;
  auto left = kAlign == '<' ? 0 : missing;
  // str.center puts the odd character on the left if the width is odd
  if (kAlign == '^') left = missing / 2 + (missing & width & 1);
  return repeat(fill, left) + self.as_string() + repeat(fill, missing - left);
}

Value zero_fill(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "zfill", {""}, 1);
  const auto& text = self.as_string();
  const auto missing = p.integer(0, 0) - static_cast<std::int64_t>(self.as_text().length());
  if (missing <= 0) return self;
  const std::size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  return text.substr(0, sign) + repeat("0", missing) + text.substr(sign);
}

Value expand_tabs(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "expandtabs", {"tabsize"});
  const auto size = p.integer(0, 8);
  std::string out;
  std::int64_t column = 0;
  for (const auto c : code_points(self.as_string())) {
    if (c == '\t') {
      const auto spaces = size > 0 ? size - column % size : 0;
      out += repeat(" ", spaces);
      column += spaces;
    } else {
      append_utf8(out, c);
      column = c == '\n' || c == '\r' ? 0 : column + 1;
    }
    if (out.size() > kMaxTextBytes) throw failure("string is too long");
  }
  return out;
}

Value format(Runtime& runtime, const Value& self, Arguments arguments) {
  return format_fields(runtime, self.as_string(), arguments);
}

Value format_map(Runtime& runtime, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "format_map", {""}, 1);
  if (!p[0].is_dict()) throw failure("format_map needs a dict, not {}", type_name(p[0]));
  Arguments named;
  for (const auto& [key, value] : p[0].as_dict().entries()) {
    if (key.is_string()) named.keyword.emplace_back(key.as_string(), value);
  }
  return format_fields(runtime, self.as_string(), named);
}

}  // namespace

const MethodTable& string_methods() {
  static const MethodTable table = {
      {"upper", {mapped<to_upper>}},
      {"lower", {mapped<to_lower>}},
      {"title", {mapped<to_title>}},
      {"capitalize", {mapped<to_capitalized>}},
      {"casefold", {mapped<to_casefold>}},
      {"swapcase", {mapped<to_swapped_case>}},
      {"strip", {stripped<true, true>}},
      {"lstrip", {stripped<true, false>}},
      {"rstrip", {stripped<false, true>}},
      {"split", {split<false>}},
      {"rsplit", {split<true>}},
      {"splitlines", {split_into_lines}},
      {"partition", {partition<false>}},
      {"rpartition", {partition<true>}},
      {"join", {join}},
      {"replace", {replace}},
      {"find", {find<false, false>}},
      {"rfind", {find<true, false>}},
      {"index", {find<false, true>}},
      {"rindex", {find<true, true>}},
      {"count", {count}},
      {"startswith", {starts_or_ends<false>}},
      {"endswith", {starts_or_ends<true>}},
      {"removeprefix", {remove_affix<false>}},
      {"removesuffix", {remove_affix<true>}},
      {"isalpha", {all_are<is_alpha>}},
      {"isalnum", {all_are<is_alnum>}},
      {"isdigit", {all_are<is_digit>}},
      {"isdecimal", {all_are<is_decimal>}},
      {"isnumeric", {all_are<is_numeric>}},
      {"isspace", {all_are<is_space>}},
      {"isupper", {is_cased<true>}},
      {"islower", {is_cased<false>}},
      {"istitle", {is_title_text}},
      {"isascii", {is_ascii}},
      {"isprintable", {is_printable_text}},
      {"isidentifier", {is_identifier}},
      {"center", {justify<'^'>}},
      {"ljust", {justify<'<'>}},
      {"rjust", {justify<'>'>}},
      {"zfill", {zero_fill}},
      {"expandtabs", {expand_tabs}},
      {"format", {format}},
      {"format_map", {format_map}},
  };
  return table;
}

}  // namespace lmms_eval::tmpl
