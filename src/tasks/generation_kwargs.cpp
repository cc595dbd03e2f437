#include "tasks/generation_kwargs.h"

#include <cmath>

#include "base/errors.h"

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

template <typename Number>
std::optional<Number> number(const std::string& key, const Json& value, const std::string& where) {
  if (value.is_null() || value == "None") return std::nullopt;
  if (!value.is_number() && !value.is_boolean())
    throw errors::config("{}: {} must be a number, not {}", where, key, value.dump());
  const double given = value.is_boolean() ? (value.get<bool>() ? 1.0 : 0.0) : value.get<double>();
  if (std::is_integral_v<Number> && given != std::floor(given))
    throw errors::config("{}: {} must be a whole number, not {}", where, key, given);
  return static_cast<Number>(given);
}

std::vector<std::string> stop_texts(const Json& value, const std::string& where) {
  if (value.is_null()) return {};
  if (value.is_string()) return {value.get<std::string>()};
  std::vector<std::string> texts;
  if (value.is_array()) {
    for (const auto& item : value) {
      if (!item.is_string()) throw errors::config("{}: until must be a text or a list of texts", where);
      texts.push_back(item.get<std::string>());
    }
    return texts;
  }
  throw errors::config("{}: until must be a text or a list of texts", where);
}

}  // namespace

GenerationOptions generation_options(const Json& kwargs, const std::string& where) {
  GenerationOptions options;
  Json extra = Json::object();
  for (const auto& [key, value] : kwargs.items()) {
    if (key == "until")
      options.until = stop_texts(value, where);
    else if (key == "max_new_tokens" || key == "max_gen_toks")
      options.max_new_tokens = number<int>(key, value, where);
    else if (key == "temperature")
      options.temperature = number<double>(key, value, where);
    else if (key == "top_p")
      options.top_p = number<double>(key, value, where);
    else if (key == "top_k")
      options.top_k = number<int>(key, value, where);
    else if (key == "num_beams")
      options.num_beams = number<int>(key, value, where);
    else if (key == "repetition_penalty")
      options.repetition_penalty = number<double>(key, value, where);
    else if (key == "seed")
      options.seed = number<std::int64_t>(key, value, where);
    else if (key == "do_sample") {
      if (!value.is_boolean()) throw errors::config("{}: do_sample must be true or false, not {}", where, value.dump());
      options.do_sample = value.get<bool>();
    } else if (!value.is_null()) {
      extra[key] = value;
    }
  }
  if (options.max_new_tokens && *options.max_new_tokens < 1)
    throw errors::config("{}: max_new_tokens must be from 1 on, not {}", where, *options.max_new_tokens);
  options.extra_json = extra.dump();
  return options;
}

}  // namespace lmms_eval
