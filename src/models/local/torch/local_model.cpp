#include "models/local/torch/local_model.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <chrono>
#include <cmath>
#include <deque>
#include <future>
#include <random>
#include <thread>

#include "base/hash.h"
#include "base/python_text.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "models/local/torch/fingerprint.h"
#include "models/local/torch/pch.h"

namespace lmms_eval::local {
namespace {

/// Batches that are prepared or answered at once: one runs, one gets its pictures ready.
constexpr std::size_t kJobsInFlight = 2;

WrapperRules rules_of(const std::string& name) {
  if (name == "llava_onevision") return {1024, true, false};
  if (name == "llava_hf") return {1024, false, true};
  return {4096, false, true};
}

/// A cautious choice, not measured yet: on a CPU small batches fill the cores already.
std::size_t automatic_batch_size(const at::Device& device) { return device.is_cpu() ? 8 : 16; }

std::size_t choose_batch_size(const LocalOptions& options, const at::Device& device) {
  if (options.batch_size) return static_cast<std::size_t>(*options.batch_size);
  auto chosen = automatic_batch_size(device);
  if (options.max_batch_size) chosen = std::min(chosen, static_cast<std::size_t>(*options.max_batch_size));
  spdlog::info(
      "batch size auto: {}, a fixed choice for {} (not measured; halved when memory runs out); --batch_size N chooses "
      "another",
      chosen, device.is_cpu() ? "a CPU" : "a GPU");
  return chosen;
}

std::size_t preparing_threads() { return std::clamp<std::size_t>(std::thread::hardware_concurrency() / 2, 1, 8); }

/// On larger machines two cores are left to the threads that prepare.
void limit_torch_threads() {
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  if (cores > 4 && at::get_num_threads() > cores - 2) at::set_num_threads(cores - 2);
}

std::int64_t prompt_limit(const LocalOptions& options, const Decoder& decoder) {
  const auto limit = decoder.shape().max_positions;
  return options.max_length ? std::min(*options.max_length, limit) : limit;
}

}  // namespace

SamplingOptions sampling_options(const GenerationOptions& asked, const Config& generation, const WrapperRules& rules) {
  SamplingOptions options;
  options.max_new_tokens = asked.max_new_tokens.value_or(rules.max_new_tokens);
  options.repetition_penalty = asked.repetition_penalty.value_or(generation.number("repetition_penalty", 1.0));
  options.temperature = asked.temperature.value_or(generation.number("temperature", 1.0));
  options.top_p = asked.top_p.value_or(generation.number("top_p", 1.0));
  options.top_k = asked.top_k.value_or(static_cast<int>(generation.integer("top_k", 50)));
  const bool wanted = rules.temperature_samples ? asked.temperature.value_or(0.0) > 0 : asked.do_sample.value_or(false);
  options.sample = wanted && options.temperature > 0;
  if (options.sample) refuse_sampling_settings(generation);
  if (asked.num_beams.value_or(1) > 1)
    throw errors::usage("beam search (num_beams={}) is not supported by local models", *asked.num_beams);
  if (options.max_new_tokens < 1) throw errors::usage("max_new_tokens={}: must be at least 1", options.max_new_tokens);
  if (options.repetition_penalty <= 0)
    throw errors::usage("repetition_penalty={}: must be positive", options.repetition_penalty);
  if (options.sample && (options.top_p <= 0 || options.top_p > 1))
    throw errors::usage("top_p={}: must be in (0, 1]", options.top_p);
  if (options.sample && options.top_k < 0) throw errors::usage("top_k={}: must not be negative", options.top_k);
  return options;
}

/// A batch under preparation or ready.
struct LocalModel::Job {
  struct Item {
    StreamedRequest streamed;
    std::future<Prompt> prompt;
  };
  std::size_t batch_size = 0;  ///< that it was pulled with
  std::vector<std::unique_ptr<Item>> items;
};

LocalModel::LocalModel(std::string name, const LocalOptions& options, const ModelOptions& flags)
    : name_(std::move(name)),
      rules_(rules_of(name_)),
      checkpoint_(Checkpoint::load(options)),
      chosen_batch_size_(!options.batch_size),
      batch_size_(choose_batch_size(options, checkpoint_.device)),
      seed_(static_cast<std::uint64_t>(flags.torch_seed.value_or(static_cast<std::int64_t>(std::random_device()())))),
      generator_(*checkpoint_.family, checkpoint_.end_ids),
      images_(*checkpoint_.family, std::max<std::size_t>(16, 4 * batch_size_)),
      prompts_(*checkpoint_.family, checkpoint_.tokenizer, checkpoint_.chat_template, images_, options.system_prompt,
               prompt_limit(options, checkpoint_.family->decoder())) {
  limit_torch_threads();
  identity_ = {
      {"model", name_},
      {"checkpoint", checkpoint_fingerprint(options.folder)},
      {"dtype", dtype_name(checkpoint_.dtype)},
      {"device", checkpoint_.device.is_cpu() ? "cpu" : "cuda"},
      {"chat_template", sha256_hex(checkpoint_.chat_template.text())},
  };
  // Sampled answers depend on it. It cannot be told here whether there will be any.
  if (flags.torch_seed) identity_["torch_seed"] = std::to_string(*flags.torch_seed);
  if (!options.system_prompt.empty()) identity_["system_prompt"] = sha256_hex(options.system_prompt);
}

ModelInfo LocalModel::info() const {
  ModelInfo info;
  info.name = name_;
  info.device = checkpoint_.device.str();
  info.dtype = dtype_name(checkpoint_.dtype);
  info.batch_size = chosen_batch_size_ ? fmt::format("auto ({})", batch_size_) : std::to_string(batch_size_);
  info.identity = identity_;
  info.chat_template = checkpoint_.chat_template.text();
  info.preferred_in_flight = kJobsInFlight * batch_size_;  // docs, whatever their number of choices
  if (generate_requests_ > 0) {
    info.metrics["total_gen_tokens"] = static_cast<double>(generated_tokens_);
    info.metrics["total_elapsed_time"] = generate_seconds_;
    info.metrics["total_requests"] = static_cast<double>(generate_requests_);
  }
  return info;
}

std::string LocalModel::prompt_text(const Request& request) const { return prompts_.text(request); }

void LocalModel::run(RequestStream& stream) {
  const c10::InferenceMode inference;
  std::deque<Job> jobs;
  ThreadPool pool(preparing_threads());  // destroyed before the requests that its tasks read
  for (;;) {
    while (jobs.size() < kJobsInFlight) {
      auto batch = batches_.pull(stream, batch_size_);
      if (batch.empty()) break;
      // Options that cannot be met end the run before their batch costs anything.
      if (batch.front().request.type == RequestType::generate_until)
        sampling_options(batch.front().request.options, checkpoint_.generation, rules_);
      auto& job = jobs.emplace_back();
      job.batch_size = batch_size_;
      for (auto& streamed : batch) {
        auto& item = job.items.emplace_back(std::make_unique<Job::Item>());
        item->streamed = std::move(streamed);
        item->prompt = pool.submit([this, &request = item->streamed.request] { return prompts_.build(request); });
      }
    }
    if (jobs.empty()) return;
    answer(jobs.front(), stream);
    jobs.pop_front();
  }
}

void LocalModel::answer(Job& job, RequestStream& stream) {
  std::vector<Prompt> ready;
  std::vector<const Request*> requests;
  std::vector<std::uint64_t> tickets;
  for (auto& item : job.items) {
    try {
      ready.push_back(item->prompt.get());
      requests.push_back(&item->streamed.request);
      tickets.push_back(item->streamed.ticket);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::data && error.kind() != ErrorKind::config) throw;
      stream.complete(item->streamed.ticket, Response::unscorable(error.what()));
    }
  }
  if (ready.empty()) return;
  std::vector<const Prompt*> prompts;
  for (const auto& prompt : ready) prompts.push_back(&prompt);
  run_in_parts(prompts.size(), [&](std::size_t begin, std::size_t count) {
    auto responses = try_part(std::span(requests).subspan(begin, count), std::span(prompts).subspan(begin, count));
    for (std::size_t i = 0; i < responses.size(); ++i) stream.complete(tickets[begin + i], std::move(responses[i]));
    if (responses.empty()) shrink_batches(job.batch_size * count / (2 * prompts.size()));
    return !responses.empty();
  });
}

/// Nothing if memory did not suffice for several.
std::vector<Response> LocalModel::try_part(std::span<const Request* const> requests,
                                           std::span<const Prompt* const> prompts) {
  try {
    return requests.front()->type == RequestType::loglikelihood ? score(prompts) : generate(requests, prompts);
  } catch (const std::exception& error) {
    const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
    const auto reason = one_line(torch_error ? torch_error->what_without_backtrace() : error.what());
    if (!is_out_of_memory(error)) {
      if (torch_error) throw errors::model("libtorch failed: {}", reason);
      throw;
    }
    if (prompts.size() == 1)
      throw errors::model("out of memory on {} with a single request ({})", checkpoint_.device.str(), reason);
    spdlog::warn("out of memory on {} with {} requests; they are divided ({})", checkpoint_.device.str(),
                 prompts.size(), reason);
  }
  return {};
}

/// A batch that was pulled before the last shrinking has nothing new to say.
void LocalModel::shrink_batches(std::size_t size) {
  size = std::max<std::size_t>(1, size);
  if (size >= batch_size_) return;
  batch_size_ = size;
  spdlog::warn("batch size {} from here on", batch_size_);
}

void LocalModel::warn_of_extra_options(const GenerationOptions& options) {
  if (options.extra_json == "{}") return;
  const auto extra = nlohmann::json::parse(options.extra_json);
  for (const auto& [key, value] : extra.items())
    if (warned_.insert(key).second)
      spdlog::warn("generation option {}={} has no effect on local models", key, value.dump());
}

std::vector<Response> LocalModel::generate(std::span<const Request* const> requests,
                                           std::span<const Prompt* const> prompts) {
  const auto& asked = requests.front()->options;
  warn_of_extra_options(asked);
  const auto options = sampling_options(asked, checkpoint_.generation, rules_);
  const auto seed = asked.seed ? static_cast<std::uint64_t>(*asked.seed) : seed_;
  std::vector<std::uint64_t> seeds;
  for (const auto* request : requests)
    seeds.push_back(options.sample ? request_seed(seed, request->task, request->doc_id, request->index, request->repeat)
                                   : 0);
  const auto begin = std::chrono::steady_clock::now();
  const auto generated = generator_.generate(prompts, options, seeds);
  generate_seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  generate_requests_ += requests.size();
  std::vector<Response> responses;
  for (std::size_t i = 0; i < generated.size(); ++i) {
    if (!generated[i].error.empty()) {
      responses.push_back(Response::failure(fmt::format("{} ({})", generated[i].error, dtype_name(checkpoint_.dtype))));
      continue;
    }
    const auto text = checkpoint_.tokenizer.decode(generated[i].ids);
    responses.push_back(
        Response::answer(std::string(rules_.strip ? python_strip(text) : std::string_view(text)), generated[i].reason));
    auto& tokens = responses.back().tokens;
    tokens.input = static_cast<std::int64_t>(prompts[i]->ids.size());
    tokens.output =
        static_cast<std::int64_t>(generated[i].ids.size()) + (generated[i].reason == FinishReason::stop ? 1 : 0);
    generated_tokens_ += static_cast<std::uint64_t>(*tokens.output);
  }
  return responses;
}

std::vector<Response> LocalModel::score(std::span<const Prompt* const> prompts) {
  const auto likelihoods = generator_.score(prompts);
  std::vector<Response> responses;
  for (std::size_t i = 0; i < likelihoods.size(); ++i) {
    if (!std::isfinite(likelihoods[i].logprob)) {
      responses.push_back(
          Response::failure(fmt::format("the model's logits are not finite ({})", dtype_name(checkpoint_.dtype))));
      continue;
    }
    responses.push_back(Response::likelihood(likelihoods[i].logprob, likelihoods[i].is_greedy));
    responses.back().tokens.input = static_cast<std::int64_t>(prompts[i]->ids.size());
  }
  return responses;
}

}  // namespace lmms_eval::local
