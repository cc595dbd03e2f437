#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "lmms_eval/model.h"
#include "models/local/chat_template.h"
#include "models/local/tokenizer.h"
#include "models/local/torch/batches.h"
#include "models/local/torch/family.h"
#include "models/local/torch/generation_settings.h"
#include "models/local/torch/generator.h"
#include "models/local/torch/image_store.h"
#include "models/local/torch/local_options.h"
#include "models/local/torch/prompt.h"

namespace lmms_eval::local {

/// A checkpoint folder, loaded: family, tokenizer, chat template. `overrides` change config.json (see Config::load).
struct Checkpoint {
  static Checkpoint load(const LocalOptions& options, std::span<const std::string> overrides = {});

  std::unique_ptr<Family> family;
  Tokenizer tokenizer;
  ChatTemplate chat_template;
  Config generation;  ///< generation_config.json
  std::vector<std::int64_t> end_ids;
  at::ScalarType dtype;
  at::Device device;
};

/// What differs between the names of local models: lmms-eval's wrappers have their own defaults.
struct WrapperRules {
  int max_new_tokens = 1024;
  bool strip = false;                ///< white space at both ends of the answer
  bool temperature_samples = false;  ///< a temperature above 0 alone asks for sampling; else do_sample decides
};

/// A request's options with the wrapper's and the checkpoint's defaults filled in, as transformers' generate sees them.
/// Throws Error{usage} for values out of range and beam search, Error{model} for a setting of the checkpoint that
/// changes what is sampled and is not supported.
SamplingOptions sampling_options(const GenerationOptions& asked, const Config& generation, const WrapperRules& rules);

/// A local model under evaluation: pulls batches, prepares the next one's pictures and prompts on other cores while the
/// model runs, and completes each batch as it is done. Batches that memory does not suffice for are halved. `until` is
/// not applied (as lmms-eval's wrappers of these models).
class LocalModel final : public LM {
 public:
  LocalModel(std::string name, const LocalOptions& options, const ModelOptions& flags);

  ModelInfo info() const override;
  void run(RequestStream& stream) override;
  std::string prompt_text(const Request& request) const override;
  std::size_t batch_size() const override { return batch_size_; }

 private:
  struct Job;

  void answer(Job& job, RequestStream& stream);
  std::vector<Response> try_part(std::span<const Request* const> requests, std::span<const Prompt* const> prompts);
  void shrink_batches(std::size_t size);
  std::vector<Response> generate(std::span<const Request* const> requests, std::span<const Prompt* const> prompts);
  std::vector<Response> score(std::span<const Prompt* const> prompts);
  void warn_of_extra_options(const GenerationOptions& options);

  std::string name_;
  WrapperRules rules_;
  Checkpoint checkpoint_;
  std::map<std::string, std::string> identity_;
  bool chosen_batch_size_;
  std::size_t batch_size_;
  std::uint64_t seed_;
  Generator generator_;
  ImageStore images_;
  PromptBuilder prompts_;
  BatchPuller batches_;
  std::set<std::string> warned_;
  std::uint64_t generated_tokens_ = 0;
  std::uint64_t generate_requests_ = 0;
  double generate_seconds_ = 0;
};

}  // namespace lmms_eval::local
