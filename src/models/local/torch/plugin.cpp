// The door through which liblmms_eval.so opens this library.
#include <c10/core/InferenceMode.h>

#include "base/text.h"
#include "models/local/local_models.h"
#include "models/local/torch/local_model.h"
#include "models/local/torch/pch.h"

namespace lmms_eval::local {
namespace {

std::unique_ptr<LM> make(const std::string& name, const ModelOptions& flags) {
  const c10::InferenceMode inference;
  const auto options = LocalOptions::parse(name, flags);
  try {
    return errors::with_context("while loading " + options.folder.string(),
                                [&] { return std::make_unique<LocalModel>(name, options, flags); });
  } catch (const c10::Error& error) {
    throw errors::model("{}: libtorch failed while loading: {}", options.folder.string(),
                        one_line(error.what_without_backtrace()));
  }
}

}  // namespace
}  // namespace lmms_eval::local

/// Returns 0 once the maker is handed in, or this library's own number when the caller has another one.
extern "C" LMMS_EVAL_API int lmms_eval_register_plugin(int abi) {
  if (abi != lmms_eval::kPluginAbi) return lmms_eval::kPluginAbi;
  lmms_eval::local::set_local_model_maker(lmms_eval::local::make);
  return 0;
}
