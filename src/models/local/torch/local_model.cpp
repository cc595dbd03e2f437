#include "models/local/torch/local_model.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <chrono>
#include <deque>
#include <future>
#include <random>
#include <thread>

#include "base/hash.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "models/local/torch/fingerprint.h"
#include "models/local/torch/pch.h"

namespace lmms_eval::local {
namespace {

/// Batches that are prepared or answered at once: one runs, one gets its pictures ready.
constexpr std::size_t kJobsInFlight = 2;
/// A log-likelihood batch takes all choices of its docs, but no more than this many a doc on average.
constexpr std::size_t kChoicesPerDoc = 32;

WrapperRules rules_of(const std::string& name) {
  if (name == "llava_onevision") return {1024, true, false};
  if (name == "llava_hf") return {1024, false, true};
  return {4096, false, true};
}

/// A cautious choice, not measured yet: on a CPU small batches fill the cores already.
std::size_t automatic_batch_size(const at::Device& device) { return device.is_cpu() ? 8 : 16; }

std::size_t choose_batch_size(const LocalOptions& options, const at::Device& device) {
  if (options.batch_size) return static_cast<std::size_t>(*options.batch_size);
  const auto chosen = automatic_batch_size(device);
  return options.max_batch_size ? std::min(chosen, static_cast<std::size_t>(*options.max_batch_size)) : chosen;
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

/// Python's str.strip(): Unicode white space.
std::string_view strip(std::string_view text) {
  static const std::vector<std::string_view> wide = {"\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002",
                                                     "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008",
                                                     "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f",
                                                     "\u3000", "\x1c",   "\x1d",   "\x1e",   "\x1f"};
  for (bool changed = true; changed;) {
    const auto before = text.size();
    text = trim(text);
    for (const auto space : wide) {
      if (text.starts_with(space)) text.remove_prefix(space.size());
      if (text.ends_with(space)) text.remove_suffix(space.size());
    }
    changed = text.size() != before;
  }
  return text;
}

bool same_doc(const Request& a, const Request& b) {
  return a.doc_id == b.doc_id && a.repeat == b.repeat && a.task == b.task;
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
  if (asked.num_beams.value_or(1) > 1)
    throw errors::model("beam search (num_beams={}) is not supported by local models", *asked.num_beams);
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
  info.preferred_in_flight = kJobsInFlight * batch_size_ * kChoicesPerDoc;
  if (generate_requests_ > 0) {
    info.metrics["total_gen_tokens"] = static_cast<double>(generated_tokens_);
    info.metrics["total_elapsed_time"] = generate_seconds_;
    info.metrics["total_requests"] = static_cast<double>(generate_requests_);
  }
  return info;
}

std::string LocalModel::prompt_text(const Request& request) const { return prompts_.text(request); }

/// The requests of one batch. Log-likelihood batches are counted in docs, so that the choices of one share its context.
std::vector<StreamedRequest> LocalModel::pull(RequestStream& stream) {
  if (stream.stopping()) return std::exchange(held_back_, {});
  auto batch = held_back_.empty() ? stream.next_batch(batch_size_) : std::exchange(held_back_, {});
  if (batch.empty() || batch.front().request.type != RequestType::loglikelihood) return batch;
  std::size_t docs = 1;
  for (std::size_t i = 1; i < batch.size(); ++i) docs += !same_doc(batch[i - 1].request, batch[i].request);
  while (batch.size() < batch_size_ * kChoicesPerDoc) {
    auto more = stream.next_batch(1);
    if (more.empty()) break;
    const auto& request = more.front().request;
    docs += !same_doc(batch.back().request, request);
    if (request.type != RequestType::loglikelihood || docs > batch_size_) {
      held_back_ = std::move(more);
      break;
    }
    batch.push_back(std::move(more.front()));
  }
  return batch;
}

void LocalModel::run(RequestStream& stream) {
  const c10::InferenceMode inference;
  std::deque<Job> jobs;
  ThreadPool pool(preparing_threads());  // destroyed before the requests that its tasks read
  for (;;) {
    while (jobs.size() < kJobsInFlight) {
      auto batch = pull(stream);
      if (batch.empty()) break;
      auto& job = jobs.emplace_back();
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
  std::vector<Response> responses;
  try {
    responses = requests.front()->type == RequestType::loglikelihood ? score(prompts) : generate(requests, prompts);
  } catch (const c10::OutOfMemoryError& error) {
    throw errors::model("out of memory on {} with a batch of {}; lower --batch_size ({})", checkpoint_.device.str(),
                        prompts.size(), one_line(error.what_without_backtrace()));
  } catch (const c10::Error& error) {
    throw errors::model("libtorch failed: {}", one_line(error.what_without_backtrace()));
  }
  for (std::size_t i = 0; i < tickets.size(); ++i) stream.complete(tickets[i], std::move(responses[i]));
}

void LocalModel::warn_of_extra_options(const GenerationOptions& options) {
  if (options.extra_json == "{}") return;
  const auto extra = nlohmann::json::parse(options.extra_json);
  for (const auto& [key, value] : extra.items())
    if (warned_.insert(key).second)
      spdlog::warn("generation option {}={} has no effect on local models", key, value.dump());
}

std::vector<Response> LocalModel::generate(const std::vector<const Request*>& requests,
                                           const std::vector<const Prompt*>& prompts) {
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
    const auto text = checkpoint_.tokenizer.decode(generated[i].ids);
    responses.push_back(
        Response::answer(std::string(rules_.strip ? strip(text) : std::string_view(text)), generated[i].reason));
    auto& tokens = responses.back().tokens;
    tokens.input = static_cast<std::int64_t>(prompts[i]->ids.size());
    tokens.output =
        static_cast<std::int64_t>(generated[i].ids.size()) + (generated[i].reason == FinishReason::stop ? 1 : 0);
    generated_tokens_ += static_cast<std::uint64_t>(*tokens.output);
  }
  return responses;
}

std::vector<Response> LocalModel::score(const std::vector<const Prompt*>& prompts) {
  const auto likelihoods = generator_.score(prompts);
  std::vector<Response> responses;
  for (std::size_t i = 0; i < likelihoods.size(); ++i) {
    responses.push_back(Response::likelihood(likelihoods[i].logprob, likelihoods[i].is_greedy));
    responses.back().tokens.input = static_cast<std::int64_t>(prompts[i]->ids.size());
  }
  return responses;
}

}  // namespace lmms_eval::local
