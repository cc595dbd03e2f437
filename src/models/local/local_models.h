#pragma once

#include <memory>
#include <string>

#include "lmms_eval/export.h"
#include "lmms_eval/model.h"

namespace lmms_eval::local {

/// The names under which checkpoint folders are run; each differs in lmms-eval's defaults (see local_model.cpp).
///
/// This library only lists them. What runs them is liblmms_eval_torch.so, which is opened when the first one is created
/// and hands in its maker here: so `--help`, `--tasks list` and API runs never load torch.
using LocalModelMaker = std::unique_ptr<LM> (*)(const std::string& name, const ModelOptions& options);

/// Called by liblmms_eval_torch.so while it is being opened.
LMMS_EVAL_API void set_local_model_maker(LocalModelMaker maker);

}  // namespace lmms_eval::local
