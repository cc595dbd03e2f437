#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lmms_eval/export.h"

namespace lmms_eval {

/// The `k=v,k=v` strings of --model_args, --gen_kwargs and their like, with lmms-eval's rules: commas inside quotes, {}
/// and [] do not split; quotes stay in the value; `true`/`false` in any case are booleans, digits an integer, whatever
/// Python's float() takes a float, all else text. A repeated key: the last wins.
class LMMS_EVAL_API KeyValues {
 public:
  KeyValues() = default;
  /// `flag` is named in errors: "--model_args". Throws Error{usage} for a piece without '='.
  static KeyValues parse(std::string_view text, std::string flag);

  bool has(const std::string& key) const { return values_.contains(key); }
  bool empty() const { return values_.empty(); }
  std::vector<std::string> keys() const;
  /// The whole map with converted values, in order of first appearance.
  const nlohmann::ordered_json& values() const { return values_; }
  void set(const std::string& key, nlohmann::ordered_json value) { values_[key] = std::move(value); }
  void erase(const std::string& key) { values_.erase(key); }

  /// Typed look-ups: nothing when the key is absent (or the text None/null), Error{usage} naming flag, key and value
  /// when it has another type. Text is the raw text as typed, with one pair of surrounding quotes removed.
  std::optional<std::string> text(const std::string& key) const;
  std::optional<std::int64_t> integer(const std::string& key) const;
  std::optional<double> number(const std::string& key) const;
  std::optional<bool> boolean(const std::string& key) const;

 private:
  std::string flag_;
  nlohmann::ordered_json values_ = nlohmann::ordered_json::object();
  nlohmann::ordered_json raw_ = nlohmann::ordered_json::object();
};

/// The value conversion alone: what lmms-eval's handle_arg_string makes of a text.
LMMS_EVAL_API nlohmann::ordered_json convert_argument(std::string_view text);

/// What Python's float() makes of a text; nothing if it raises.
LMMS_EVAL_API std::optional<double> python_float(std::string_view text);

}  // namespace lmms_eval
