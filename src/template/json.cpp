#include "template/json.h"

#include <algorithm>
#include <cmath>

#include "template/failure.h"
#include "template/operators.h"
#include "template/unicode.h"

namespace lmms_eval::tmpl {
namespace {

class JsonWriter {
 public:
  explicit JsonWriter(const JsonFormat& format) : format_(format) {}

  void write(const Value& value, int depth) {
    if (depth > kMaxNesting) throw failure("value is nested too deeply");
    count_work();
    if (out.size() > kMaxTextBytes) throw failure("JSON text is too long");
    switch (value.kind()) {
      case Kind::string:
        write_string(value.as_string());
        return;
      case Kind::list:
      case Kind::tuple:
        write_array(*value.sequence(), depth);
        return;
      case Kind::dict:
        write_object(value.as_dict(), depth);
        return;
      default:
        out += scalar(value);
    }
  }

  std::string out;

 private:
  static std::string scalar(const Value& value) {
    switch (value.kind()) {
      case Kind::none:
        return "null";
      case Kind::boolean:
        return value.as_bool() ? "true" : "false";
      case Kind::integer:
        return std::to_string(value.as_int());
      case Kind::floating: {
        const auto number = value.as_double();
        if (std::isnan(number)) return "NaN";
        if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
        return repr_double(number);
      }
      default:
        if (value.is_undefined()) throw failure("{} (tojson needs a value)", value.as_undefined().message);
        throw failure("Object of type {} is not JSON serializable", type_name(value));
    }
  }

  void new_line(int depth) {
    if (!format_.indented) return;
    out += '\n';
    for (int i = 0; i < depth; ++i) out += format_.indent;
  }

  void write_array(const std::vector<Value>& items, int depth) {
    if (items.empty()) {
      out += "[]";
      return;
    }
    out += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out += format_.item_separator;
      new_line(depth + 1);
      write(items[i], depth + 1);
    }
    new_line(depth);
    out += ']';
  }

  void write_object(const Dict& dict, int depth) {
    if (dict.size() == 0) {
      out += "{}";
      return;
    }
    std::vector<const Dict::Entry*> entries;
    for (const auto& entry : dict.entries()) entries.push_back(&entry);
    if (format_.sort_keys) {
      std::stable_sort(entries.begin(), entries.end(),
                       [](const auto* a, const auto* b) { return less(a->first, b->first); });
    }
    out += '{';
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) out += format_.item_separator;
      new_line(depth + 1);
      const auto& key = entries[i]->first;
      if (!key.is_string() && !key.is_number() && !key.is_none()) {
        throw failure("keys must be str, int, float, bool or None, not {}", type_name(key));
      }
      write_string(key.is_string() ? key.as_string() : scalar(key));
      out += format_.key_separator;
      write(entries[i]->second, depth + 1);
    }
    new_line(depth);
    out += '}';
  }

  void write_string(std::string_view text) {
    out += '"';
    for (std::size_t at = 0; at < text.size();) {
      const auto begin = at;
      const auto c = next_code_point(text, at);
      switch (c) {
        case '"':
          out += "\\\"";
          continue;
        case '\\':
          out += "\\\\";
          continue;
        case '\n':
          out += "\\n";
          continue;
        case '\r':
          out += "\\r";
          continue;
        case '\t':
          out += "\\t";
          continue;
        case '\f':
          out += "\\f";
          continue;
        case '\b':
          out += "\\b";
          continue;
        default:
          break;
      }
      if (c < 0x20 || (format_.ensure_ascii && c >= 0x7F && c < 0x10000)) {
        out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
      } else if (format_.ensure_ascii && c >= 0x10000) {
        const auto rest = static_cast<unsigned>(c) - 0x10000;
        out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF));
      } else {
        out.append(text.substr(begin, at - begin));
      }
    }
    out += '"';
  }

  const JsonFormat& format_;
};

}  // namespace

std::string dump_json(const Value& value, const JsonFormat& format) {
  JsonWriter writer(format);
  writer.write(value, 0);
  return std::move(writer.out);
}

}  // namespace lmms_eval::tmpl
