// Checkpoint::load: from a folder to a model that can be asked.
#include "base/atomic_file.h"
#include "models/local/torch/device.h"
#include "models/local/torch/local_model.h"
#include "models/local/torch/pch.h"

namespace lmms_eval::local {
namespace {

void require_files(const std::filesystem::path& folder) {
  for (const auto* name : {"config.json", "tokenizer.json"})
    if (!std::filesystem::exists(folder / name))
      throw errors::model("{}: no {}; this is no checkpoint folder in Hugging Face layout", folder.string(), name);
}

/// The type that the checkpoint was saved in, as config.json says it, else as its first weight says.
at::ScalarType saved_dtype(const Config& config, const std::filesystem::path& folder) {
  for (const auto& section : {config, config.section("text_config")})
    for (const auto* key : {"dtype", "torch_dtype"})
      if (const auto dtype = dtype_from(section.text(key, ""))) return *dtype;
  const auto weights = SafeTensors::open(folder);
  for (const auto& tensor : weights.tensors())
    if (at::isFloatingType(scalar_type(tensor.dtype))) return scalar_type(tensor.dtype);
  return at::kFloat;
}

at::ScalarType choose_dtype(const std::string& asked, const Config& config, const std::filesystem::path& folder) {
  if (asked == "auto") return saved_dtype(config, folder);
  const auto dtype = dtype_from(asked.starts_with("torch.") ? asked.substr(6) : asked);
  if (!dtype) throw errors::usage("--model_args dtype={}: unknown (known: auto, float32, bfloat16, float16)", asked);
  return *dtype;
}

ChatTemplate choose_template(const LocalOptions& options, const Family& family) {
  if (!options.chat_template.empty()) {
    std::error_code ignored;
    const bool is_file = std::filesystem::is_regular_file(options.chat_template, ignored);
    return ChatTemplate::from_text(is_file ? read_file(options.chat_template) : options.chat_template,
                                   is_file ? options.chat_template : "--model_args chat_template", options.folder);
  }
  if (auto found = ChatTemplate::load(options.folder, options.chat_template_name)) return std::move(*found);
  spdlog::warn("{}: no chat template; using the default of its architecture", options.folder.string());
  return ChatTemplate::from_text(family.default_chat_template(), "default chat template", options.folder);
}

std::vector<std::int64_t> choose_end_ids(const Config& generation, const Config& config, const Tokenizer& tokenizer) {
  for (const auto& section : {generation, config.section("text_config"), config})
    if (section.has("eos_token_id")) return section.integers("eos_token_id");
  if (tokenizer.eos_id() >= 0) return {tokenizer.eos_id()};
  spdlog::warn("the checkpoint names no end token; every answer runs to max_new_tokens");
  return {};
}

void check_image_token(const Family& family, const Tokenizer& tokenizer) {
  const auto id = tokenizer.token_to_id(family.image_token());
  if (id != family.image_token_id())
    throw errors::model("tokenizer.json gives '{}' the id {}, config.json says {}", family.image_token(), id,
                        family.image_token_id());
}

}  // namespace

Checkpoint Checkpoint::load(const LocalOptions& options, std::span<const std::string> overrides) {
  require_files(options.folder);
  const auto config = Config::load(options.folder / "config.json", overrides);
  const auto device = choose_device(options.device);
  const auto dtype = choose_dtype(options.dtype, config, options.folder);
  auto family = make_family({options.folder, config, dtype, device});
  auto tokenizer = Tokenizer::load(options.folder);
  check_image_token(*family, tokenizer);
  auto chat_template = choose_template(options, *family);
  auto generation = Config::load_if_present(options.folder / "generation_config.json");
  refuse_generation_settings(generation);
  auto end_ids = choose_end_ids(generation, config, tokenizer);
  return {std::move(family),
          std::move(tokenizer),
          std::move(chat_template),
          std::move(generation),
          std::move(end_ids),
          dtype,
          device};
}

}  // namespace lmms_eval::local
