#include "lmms_eval/evaluate.h"

namespace lmms_eval {

Results simple_evaluate(const SimpleEvaluateOptions& options, std::span<ResultSink* const> sinks) {
  // Tasks come first: a misspelt name should not cost the loading of a model.
  const TaskManager manager(options.include_paths);
  auto tasks = manager.load(options.tasks, options.overrides);
  auto model = create_model(options.model, options.model_options);
  return evaluate(*model, std::move(tasks), options.evaluate, sinks);
}

}  // namespace lmms_eval
