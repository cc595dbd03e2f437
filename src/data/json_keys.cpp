#include "data/json_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/errors.h"
#include "base/utf8.h"

namespace lmms_eval::data {
namespace {

/// What nlohmann's parser found, of "[json.exception...] ... while parsing value - unexpected end of input; expected
/// ...".
std::string reason_of(const nlohmann::json::exception& error) {
  const std::string_view what = error.what();
  const auto begin = what.find(" - ");
  if (begin == what.npos) return {};
  const auto reason = what.substr(begin + 3);
  return ": " + std::string(reason.substr(0, reason.find(';')));
}

std::string too_deep() { return fmt::format("lists and objects nested more than {} deep", kDeepestJson); }

int depth_of(std::string_view text) {
  int depth = 0, deepest = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text && c == '\\')
      ++i;
    else if (c == '"')
      in_text = !in_text;
    else if (!in_text && (c == '[' || c == '{'))
      deepest = std::max(deepest, ++depth);
    else if (!in_text && (c == ']' || c == '}'))
      --depth;
  }
  return deepest;
}

class KeyCollector final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit KeyCollector(std::vector<std::string>& keys) : keys_(keys) {}

  std::string problem;

  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool string(string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }
  bool start_object(std::size_t) override { return open(); }
  bool end_object() override { return --depth_ >= 0; }
  bool end_array() override { return --depth_ >= 0; }
  bool start_array(std::size_t) override { return value() && open(); }
  bool key(string_t& name) override {
    if (depth_ == 1 && std::find(keys_.begin(), keys_.end(), name) == keys_.end()) keys_.push_back(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) override {
    problem = fmt::format("no valid JSON at character {}{}", position, reason_of(error));
    return false;
  }

 private:
  bool open() {
    if (++depth_ <= kDeepestJson) return true;
    problem = too_deep();
    return false;
  }
  bool value() {
    if (depth_ > 0) return true;
    problem = "not a JSON object";
    return false;
  }

  std::vector<std::string>& keys_;
  int depth_ = 0;
};

}  // namespace

nlohmann::ordered_json parse_json_document(const std::string& file, std::string_view text) {
  if (const auto problem = utf8_problem(file, text); !problem.empty()) throw errors::data("{}", problem);
  if (depth_of(text) > kDeepestJson) throw errors::data("{}: {}", file, too_deep());
  try {
    return nlohmann::ordered_json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    const auto before = text.substr(0, error.byte == 0 ? 0 : error.byte - 1);
    throw errors::data("{}:{}: no valid JSON at character {}{}", file,
                       std::count(before.begin(), before.end(), '\n') + 1, before.size() - (before.rfind('\n') + 1) + 1,
                       reason_of(error));
  }
}

std::string add_json_keys(std::string_view text, std::vector<std::string>& keys) {
  KeyCollector collector(keys);
  nlohmann::json::sax_parse(text.begin(), text.end(), &collector);
  return collector.problem;
}

}  // namespace lmms_eval::data
