// The filters with a pattern, over a pattern and an answer that a zero byte parts: a list of responses or one clear
// error, also for patterns that backtrack for ever.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "filters/filter.h"
#include "lmms_eval/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using lmms_eval::filters::Json;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto zero = text.find('\0');
  const std::string pattern = text.substr(0, zero), answer = zero == text.npos ? text : text.substr(zero + 1);
  const Json doc = {{"choices", {"Paris", "(B) Rome", "é"}}};
  for (const char* name : {"regex", "multi_choice_regex"}) {
    try {
      const Json arguments = {{"regex_pattern", pattern}, {"group_select", size % 3 == 0 ? -1 : 0}};
      const auto step = lmms_eval::filters::make_step(name, arguments, "task.yaml:1");
      if (!step(Json::array({answer, "plain"}), doc).is_array()) std::abort();
    } catch (const lmms_eval::Error& error) {
      if (std::string_view(error.what()).empty()) std::abort();
    }
  }
  return 0;
}
