#include "models/local/torch/family.h"

#include "base/text.h"
#include "models/local/torch/pch.h"

namespace lmms_eval::local {
namespace {

std::map<std::string, FamilyFactory>& families() {
  static std::map<std::string, FamilyFactory> known;
  return known;
}

}  // namespace

FamilyRegistration::FamilyRegistration(std::string model_type, FamilyFactory make) {
  families().emplace(std::move(model_type), std::move(make));
}

std::unique_ptr<Family> make_family(const FamilySource& source) {
  const auto type = source.config.text("model_type");
  const auto found = families().find(type);
  if (found == families().end()) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : families()) names.push_back(name);
    throw errors::model("{}: model_type '{}' is not supported{} (known: {})", (source.folder / "config.json").string(),
                        type, did_you_mean(type, names), join(names, ", "));
  }
  if (source.config.has("quantization_config"))
    throw errors::model("{}: quantised checkpoints are not supported", (source.folder / "config.json").string());
  return found->second(source);
}

}  // namespace lmms_eval::local
