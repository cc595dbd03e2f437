#include "template/string_format.h"

#include <algorithm>

#include "template/printf.h"

namespace lmms_eval::tmpl {
namespace {

constexpr int kMaxSpecNesting = 2;

class FieldFormatter {
 public:
  FieldFormatter(Runtime& runtime, const Arguments& arguments) : runtime_(runtime), arguments_(arguments) {}

  std::string run(std::string_view format, int depth) {
    if (depth > kMaxSpecNesting) throw failure("Max string recursion exceeded");
    std::string out;
    for (std::size_t at = 0; at < format.size();) {
      const auto c = format[at];
      const bool doubled = at + 1 < format.size() && format[at + 1] == c;
      if (c != '{' && c != '}') {
        out += c;
        ++at;
      } else if (doubled) {
        out += c;
        at += 2;
      } else if (c == '}') {
        throw failure("Single '}}' encountered in format string");
      } else {
        const auto end = field_end(format, at + 1);
        out += field(format.substr(at + 1, end - at - 1), depth);
        at = end + 1;
      }
      if (out.size() > kMaxTextBytes) throw failure("string is too long");
    }
    return out;
  }

 private:
  static std::size_t field_end(std::string_view format, std::size_t at) {
    int depth = 1;
    bool brackets = false;
    for (; at < format.size(); ++at) {
      if (format[at] == '[') brackets = true;
      if (format[at] == ']') brackets = false;
      if (brackets) continue;
      depth += format[at] == '{' ? 1 : format[at] == '}' ? -1 : 0;
      if (depth == 0) return at;
    }
    throw failure("expected '}}' before end of string");
  }

  std::string field(std::string_view text, int depth) {
    bool brackets = false;
    std::size_t name_end = 0;
    for (; name_end < text.size(); ++name_end) {
      const auto c = text[name_end];
      if (c == '[') brackets = true;
      if (c == ']') brackets = false;
      if (!brackets && (c == '!' || c == ':')) break;
      if (!brackets && c == '{') throw failure("unexpected '{{' in field name");
    }
    auto value = lookup(text.substr(0, name_end));
    auto rest = text.substr(name_end);
    if (rest.starts_with('!')) {
      if (rest.size() < 2) throw failure("end of string while looking for conversion specifier");
      value = convert(value, rest[1]);
      rest.remove_prefix(2);
      if (!rest.empty() && rest[0] != ':') throw failure("expected ':' after conversion specifier");
    }
    if (!rest.empty()) rest.remove_prefix(1);
    return format_value(value, run(rest, depth + 1));
  }

  static Value convert(const Value& value, char conversion) {
    switch (conversion) {
      case 'r':
        return repr(value);
      case 's':
        return str(value);
      case 'a':
        return ascii(value);
      default:
        throw failure("Unknown conversion specifier '{}'", conversion);
    }
  }

  Value lookup(std::string_view name) {
    const auto head = name.substr(0, name.find_first_of(".["));
    auto value = first(head);
    for (auto at = head.size(); at < name.size();) {
      if (name[at] == '.') {
        const auto end = std::min(name.find_first_of(".[", at + 1), name.size());
        if (end == at + 1) throw failure("Empty attribute in format string");
        value = attribute(value, name.substr(at + 1, end - at - 1));
        at = end;
      } else {
        const auto end = name.find(']', at);
        if (name[at] != '[' || end == std::string_view::npos) throw failure("Missing ']' in format string");
        const auto key = name.substr(at + 1, end - at - 1);
        if (key.empty()) throw failure("Empty attribute in format string");
        auto item = subscript(value, all_digits(key) ? Value(parse_int(key, 10).value_or(0)) : Value(key));
        if (!item) throw failure("{} has no element '{}'", type_name(value), key);
        value = std::move(*item);
        at = end + 1;
      }
    }
    return value;
  }

  /// Only Jinja's sandbox has its own rules for attributes here.
  Value attribute(const Value& value, std::string_view name) {
    if (runtime_.options().immutable) return runtime_.get_attribute(value, name);
    if (value.is_undefined()) fail_undefined(value);
    auto found = runtime_.python_attribute(value, name);
    if (!found) throw failure("'{}' object has no attribute '{}'", type_name(value), name);
    return std::move(*found);
  }

  static bool all_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  }

  Value first(std::string_view name) {
    if (name.empty() || all_digits(name)) {
      const bool automatic = name.empty();
      if (numbering_ != 0 && numbering_ != (automatic ? 'a' : 'm')) {
        throw failure("cannot switch between manual field specification and automatic field numbering");
      }
      numbering_ = automatic ? 'a' : 'm';
      const auto index = automatic ? next_++ : static_cast<std::size_t>(parse_int(name, 10).value_or(0));
      if (index >= arguments_.positional.size())
        throw failure("Replacement index {} out of range for positional args tuple", index);
      return arguments_.positional[index];
    }
    const auto it = std::find_if(arguments_.keyword.begin(), arguments_.keyword.end(),
                                 [&](const auto& entry) { return entry.first == name; });
    if (it == arguments_.keyword.end()) throw failure("no argument '{}' for the format", name);
    return it->second;
  }

  Runtime& runtime_;
  const Arguments& arguments_;
  std::size_t next_ = 0;
  char numbering_ = 0;
};

}  // namespace

std::string format_fields(Runtime& runtime, std::string_view format, const Arguments& arguments) {
  return FieldFormatter(runtime, arguments).run(format, 0);
}

}  // namespace lmms_eval::tmpl
