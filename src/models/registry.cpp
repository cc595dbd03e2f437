#include <algorithm>
#include <map>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "lmms_eval/model.h"

namespace lmms_eval {
namespace {

struct Registry {
  std::map<std::string, ModelRegistration, std::less<>> models;
  std::map<std::string, std::string, std::less<>> aliases;  // alias -> name

  bool taken(const std::string& name) const { return models.count(name) || aliases.count(name); }
};

Registry& registry() {
  static Registry instance;
  return instance;
}

}  // namespace

void register_model(ModelRegistration registration) {
  auto& known = registry();
  if (known.taken(registration.name)) throw errors::internal("model '{}' is registered twice", registration.name);
  for (const auto& alias : registration.aliases) {
    if (known.taken(alias)) throw errors::internal("model alias '{}' is registered twice", alias);
    known.aliases[alias] = registration.name;
  }
  const std::string name = registration.name;
  known.models.emplace(name, std::move(registration));
}

namespace {

/// What the command line says about this machine means nothing to a model that runs elsewhere.
void check_where_it_runs(const ModelRegistration& model, const ModelOptions& options) {
  if (model.runs_at.empty()) return;
  if (options.chat_template_name && !options.chat_template_name->empty())
    throw errors::usage(
        "--apply_chat_template {}: --model {} has no templates by name, its prompts are made {}; give the "
        "flag alone",
        *options.chat_template_name, model.name, model.runs_at);
  if (!options.device.empty()) spdlog::info("--device has no effect here: the model runs {}", model.runs_at);
  if (options.max_batch_size) spdlog::info("--max_batch_size has no effect here: the model runs {}", model.runs_at);
}

}  // namespace

std::unique_ptr<LM> create_model(std::string_view name, const ModelOptions& options) {
  const auto& known = registry();
  const auto alias = known.aliases.find(name);
  const auto model = known.models.find(alias == known.aliases.end() ? name : std::string_view(alias->second));
  if (model != known.models.end()) {
    check_where_it_runs(model->second, options);
    return model->second.create(model->first, options);
  }
  std::vector<std::string> names;
  for (const auto& [known_name, unused] : known.models) names.push_back(known_name);
  for (const auto& [known_alias, unused] : known.aliases) names.push_back(known_alias);
  std::sort(names.begin(), names.end());
  throw errors::usage("--model {}: no such model{} (known: {})", name, did_you_mean(name, names), join(names, ", "));
}

std::vector<ModelRegistration> registered_models() {
  std::vector<ModelRegistration> models;
  for (const auto& [name, registration] : registry().models) models.push_back(registration);
  return models;
}

}  // namespace lmms_eval
