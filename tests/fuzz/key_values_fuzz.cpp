// `k=v,k=v`: whatever the text, a map or one clear usage error; every key it says it has can be asked for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/key_values.h"
#include "lmms_eval/error.h"

namespace {

template <typename Read>
void allow_errors(const Read& read) {
  try {
    read();
  } catch (const lmms_eval::Error& error) {
    if (std::string_view(error.what()).empty()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  allow_errors([&] {
    const auto values = lmms_eval::KeyValues::parse(text, "--model_args");
    for (const auto& key : values.keys()) {
      if (!values.has(key)) std::abort();
      allow_errors([&] { values.text(key); });
      allow_errors([&] { values.integer(key); });
      allow_errors([&] { values.number(key); });
      allow_errors([&] { values.boolean(key); });
    }
  });
  return 0;
}
