// A task template and a chat template of any text over a small doc: a text or one clear error with its place, in
// bounded time and memory.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "lmms_eval/error.h"
#include "template/template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using lmms_eval::tmpl::Template;
  using lmms_eval::tmpl::TemplateOptions;
  static const nlohmann::ordered_json kDoc = {{"question", "Who?\nYou."},
                                              {"n", 3},
                                              {"x", 1.5},
                                              {"choices", {"a", "b", "é"}},
                                              {"nothing", nullptr},
                                              {"messages", {{{"role", "user"}, {"content", "hi"}}}}};
  const std::string source(reinterpret_cast<const char*>(data), size);
  for (const auto& options : {TemplateOptions{}, TemplateOptions::chat_template()}) {
    try {
      (void)Template::parse(source, options).render(kDoc);
    } catch (const lmms_eval::Error& error) {
      if (std::string_view(error.what()).empty()) std::abort();
    }
  }
  return 0;
}
