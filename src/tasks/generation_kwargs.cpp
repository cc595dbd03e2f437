#include "tasks/generation_kwargs.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

/// Reads one value at a time; what is wrong is said with the place and the key.
class Reader {
 public:
  Reader(std::string where, ErrorKind kind) : where_(std::move(where)), kind_(kind) {}

  template <typename Number>
  std::optional<Number> number(const std::string& key, const Json& value, double least, double most) const {
    if (value.is_null() || value == "None") return std::nullopt;
    if (!value.is_number() && !value.is_boolean()) throw wrong(key, "must be a number, not " + value.dump());
    const double given = value.is_boolean() ? (value.get<bool>() ? 1.0 : 0.0) : value.get<double>();
    if (std::is_integral_v<Number> && given != std::floor(given))
      throw wrong(key, fmt::format("must be a whole number, not {}", given));
    if (!(given >= least && given <= most))
      throw wrong(key, most >= std::numeric_limits<int>::max()
                           ? fmt::format("must be from {} on, not {}", least, given)
                           : fmt::format("must be from {} to {}, not {}", least, most, given));
    return static_cast<Number>(given);
  }

  bool boolean(const std::string& key, const Json& value) const {
    if (!value.is_boolean()) throw wrong(key, "must be true or false, not " + value.dump());
    return value.get<bool>();
  }

  std::vector<std::string> stop_texts(const Json& value) const {
    if (value.is_null()) return {};
    if (value.is_string()) return {value.get<std::string>()};
    if (!value.is_array()) throw wrong("until", "must be a text or a list of texts");
    std::vector<std::string> texts;
    for (const auto& item : value) {
      if (!item.is_string()) throw wrong("until", "must be a text or a list of texts");
      texts.push_back(item.get<std::string>());
    }
    return texts;
  }

 private:
  Error wrong(const std::string& key, const std::string& problem) const {
    return Error(kind_, fmt::format("{}: {} {}", where_, key, problem));
  }

  std::string where_;
  ErrorKind kind_;
};

}  // namespace

GenerationOptions generation_options(const Json& kwargs, const std::string& where, ErrorKind kind) {
  constexpr double kMostInt = std::numeric_limits<int>::max();
  constexpr double kMostReal = std::numeric_limits<double>::max();
  constexpr double kMostExact = 9007199254740992.0;  // 2^53: whole numbers beyond it are not exact as doubles
  const Reader read(where, kind);
  GenerationOptions options;
  Json extra = Json::object();
  for (const auto& [key, value] : kwargs.items()) {
    if (key == "until")
      options.until = read.stop_texts(value);
    else if (key == "max_new_tokens" || key == "max_gen_toks")
      options.max_new_tokens = read.number<int>(key, value, 1, kMostInt);
    else if (key == "temperature")
      options.temperature = read.number<double>(key, value, 0, kMostReal);
    else if (key == "top_p")
      options.top_p = read.number<double>(key, value, 0, 1);
    else if (key == "top_k")
      options.top_k = read.number<int>(key, value, -1, kMostInt);
    else if (key == "num_beams")
      options.num_beams = read.number<int>(key, value, 1, kMostInt);
    else if (key == "repetition_penalty")
      options.repetition_penalty = read.number<double>(key, value, 0, kMostReal);
    else if (key == "seed")
      options.seed = read.number<std::int64_t>(key, value, -kMostExact, kMostExact);
    else if (key == "do_sample")
      options.do_sample = read.boolean(key, value);
    else if (!value.is_null())
      extra[key] = value;
  }
  options.extra_json = extra.dump();
  return options;
}

}  // namespace lmms_eval
