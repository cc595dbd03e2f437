#include "models/local/torch/local_options.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/atomic_file.h"
#include "base/errors.h"
#include "base/key_values.h"
#include "base/log.h"
#include "base/text.h"
#include "data/hub_cache.h"

namespace lmms_eval::local {
namespace {

/// Keys that lmms-eval's llava_onevision, llava_hf and huggingface take and that change nothing here, with the reason.
const std::map<std::string, std::string>& keys_without_effect() {
  static const std::map<std::string, std::string> keys = {
      {"trust_remote_code", "no code of a checkpoint is run"},
      {"use_cache", "the key-value cache is always used, answers are the same"},
      {"attn_implementation", "attention is always ATen's scaled_dot_product_attention"},
      {"tie_weights", "config.json says whether the head is tied"},
      {"truncation", "prompts are never cut: a doc that is too long counts as unscorable"},
      {"truncate_context", "prompts are never cut: a doc that is too long counts as unscorable"},
      {"model_name", "config.json says what the model is"},
      {"conv_template", "the checkpoint's own chat template is used"},
      {"interleave_visuals", "the chat template says where pictures go"},
      {"max_frames_num", "videos are not supported in this version"},
      {"max_num_frames", "videos are not supported in this version"},
      {"fps", "videos are not supported in this version"},
      {"mm_spatial_pool_stride", "videos are not supported in this version"},
      {"mm_spatial_pool_mode", "videos are not supported in this version"},
      {"token_strategy", "videos are not supported in this version"},
      {"video_decode_backend", "videos are not supported in this version"},
      {"use_custom_video_loader", "videos are not supported in this version"},
      {"max_image_size", "preprocessor_config.json says how large pictures are"},
  };
  return keys;
}

const std::vector<std::string> kUsed = {"pretrained",       "dtype",          "device",        "device_map",
                                        "batch_size",       "max_batch_size", "chat_template", "system_prompt",
                                        "reasoning_prompt", "max_length",     "revision"};

void check_keys(const std::string& model, const KeyValues& args) {
  std::vector<std::string> known = kUsed;
  for (const auto& [key, unused] : keys_without_effect()) known.push_back(key);
  std::sort(known.begin(), known.end());
  for (const auto& key : args.keys()) {
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw errors::usage("--model_args: model {} has no argument '{}'{} (known: {})", model, key,
                          did_you_mean(key, known), join(known, ", "));
    const auto reason = keys_without_effect().find(key);
    if (reason != keys_without_effect().end()) spdlog::info("--model_args {} has no effect: {}", key, reason->second);
  }
  const auto attention = args.text("attn_implementation");
  if (attention && *attention != "sdpa" && *attention != "eager" && *attention != "flash_attention_2")
    throw errors::usage("--model_args attn_implementation={}: unknown (known: eager, flash_attention_2, sdpa)",
                        *attention);
}

int positive(const std::string& name, const std::string& text) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < 1)
    throw errors::usage("{} {}: not a positive integer", name, text);
  return value;
}

/// "N", "auto" or "auto:N" (how often lm-eval measures again; here the choice is made once).
std::optional<int> batch_size_of(const std::string& name, const std::string& text) {
  if (text == "auto") return std::nullopt;
  if (text.starts_with("auto:")) {
    positive(name, text.substr(5));
    spdlog::info("{} {} means auto: the size is chosen once, and not measured again", name, text);
    return std::nullopt;
  }
  return positive(name, text);
}

std::filesystem::path checkpoint_folder(const std::string& model, const KeyValues& args) {
  const auto given = args.text("pretrained");
  if (!given || given->empty())
    throw errors::usage("model {} needs its checkpoint: --model_args pretrained=FOLDER", model);
  const auto revision = args.text("revision");
  if (std::filesystem::is_directory(*given)) {
    if (revision) spdlog::info("--model_args revision has no effect: a local folder has one revision");
    return *given;
  }
  if (const auto cached = data::find_in_hub_cache(data::RepoKind::model, *given, revision.value_or("main")))
    return cached->snapshot;
  const auto known = data::cached_revisions(data::RepoKind::model, *given);
  throw errors::model(
      "--model_args pretrained={}: no such folder, and the Hub's cache {} {}; give a local folder with config.json, "
      "tokenizer.json and model.safetensors, or fetch it where there is a network: hf download {}{}",
      *given, data::hub_cache_folder().string(),
      known.empty() ? "does not hold it" : "holds only its revisions " + join(known, ", "), *given,
      revision ? " --revision " + *revision : "");
}

std::string system_prompt_of(const KeyValues& args) {
  // As in lmms-eval, a reasoning prompt stands in for the system prompt; either may be a file, \n means a new line.
  auto text = args.text("reasoning_prompt");
  if (!text) text = args.text("system_prompt");
  if (!text) return {};
  std::error_code ignored;
  if (std::filesystem::is_regular_file(*text, ignored)) return read_file(*text);
  for (auto at = text->find("\\n"); at != std::string::npos; at = text->find("\\n", at + 1)) text->replace(at, 2, "\n");
  return *text;
}

std::string device_of(const KeyValues& args, const std::string& flag) {
  auto device = args.text("device");
  const auto map = args.text("device_map");
  if (!device && map && !map->empty() && *map != "auto") device = map;
  if (!device) return flag;
  if (!flag.empty() && flag != *device)
    spdlog::info("--model_args device={} is used instead of --device {}", *device, flag);
  return *device;
}

}  // namespace

LocalOptions LocalOptions::parse(const std::string& model, const ModelOptions& options) {
  const auto args = KeyValues::parse(options.args, "--model_args");
  check_keys(model, args);
  LocalOptions parsed;
  parsed.folder = checkpoint_folder(model, args);
  parsed.dtype = args.text("dtype").value_or("auto");
  parsed.device = device_of(args, options.device);
  parsed.max_batch_size = options.max_batch_size;
  if (const auto limit = args.text("max_batch_size"))
    parsed.max_batch_size = positive("--model_args max_batch_size", *limit);
  if (const auto size = args.text("batch_size")) {
    if (*size != options.batch_size)
      spdlog::info("--model_args batch_size={} is used instead of --batch_size {}", *size, options.batch_size);
    parsed.batch_size = batch_size_of("--model_args batch_size", *size);
  } else {
    parsed.batch_size = batch_size_of("--batch_size", options.batch_size);
  }
  parsed.chat_template = args.text("chat_template").value_or("");
  parsed.chat_template_name = options.chat_template_name.value_or("");
  if (!parsed.chat_template.empty() && !parsed.chat_template_name.empty())
    throw errors::usage("--apply_chat_template {} and --model_args chat_template both choose a template; give one",
                        parsed.chat_template_name);
  parsed.system_prompt = system_prompt_of(args);
  parsed.max_length = args.integer("max_length");
  if (parsed.max_length && *parsed.max_length < 1)
    throw errors::usage("--model_args max_length={}: must be positive", *parsed.max_length);
  return parsed;
}

}  // namespace lmms_eval::local
