#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmms_eval/export.h"
#include "lmms_eval/request.h"

namespace lmms_eval {

/// A request on its way through a model; `ticket` names it when it is completed.
struct StreamedRequest {
  std::uint64_t ticket = 0;
  Request request;
};

/// The requests of a run, pulled by the model, completed in any order.
///
/// The evaluator hands requests out in its own order (within a look-ahead window: log-likelihood and generation apart,
/// alike generation options together, longest first) and stops when the model has too many unfinished ones, so memory
/// is bounded by the window. All calls are thread-safe. Every request pulled must be completed exactly once, but for
/// those that a stopping run never sends: they count as not run.
class LMMS_EVAL_API RequestStream {
 public:
  virtual ~RequestStream();

  /// The next request, or nothing when there is none left *now*: either the run is over (`exhausted`), or the window is
  /// full and something must be completed first. A model that has nothing in flight gets a request unless exhausted.
  virtual std::optional<StreamedRequest> next() = 0;
  /// True once no request will come any more.
  virtual bool exhausted() const = 0;
  /// Up to `count` requests of one type with the same generation options, for models that work in batches.
  virtual std::vector<StreamedRequest> next_batch(std::size_t count) = 0;
  /// Hands in the answer (or the failure). Scoring, cache and samples happen behind this call.
  virtual void complete(std::uint64_t ticket, Response response) = 0;
  /// True when the run should end soon (Ctrl-C, --max_tokens spent): pull no more, finish or fail what is in flight.
  virtual bool stopping() const = 0;
};

/// What the results file and the cache need to know about a model.
struct ModelInfo {
  std::string name;            ///< as registered: llava_onevision, async_openai
  std::string device = "cpu";  ///< "cpu", "cuda:0", or "api"
  std::string dtype;
  std::string batch_size;  ///< as used, "1", "auto (24)"
  /// Identity for the response cache: every argument that can change an answer (checkpoint fingerprint, dtype,
  /// template), and nothing else (no secret, no concurrency). Sorted map name -> value.
  std::map<std::string, std::string> identity;
  std::string chat_template;              ///< text of the template in use, empty when there is none
  std::size_t preferred_in_flight = 1;    ///< how many docs it likes to hold; sizes the look-ahead window
  std::map<std::string, double> metrics;  ///< throughput extras after a run
};

/// A model under evaluation.
///
/// The simple way to write one: override `generate_until` and `loglikelihood` (and `loglikelihood_rolling`); each gets
/// requests in batches of `batch_size` and returns one response per request. A model that wants to keep many requests
/// in flight overrides `run` and pulls from the stream itself. Used by one thread, except where a comment says
/// otherwise.
class LMMS_EVAL_API LM {
 public:
  virtual ~LM();

  virtual ModelInfo info() const = 0;

  /// Answers every request of the stream. The default pulls batches and calls the simple methods; an Error{data} thrown
  /// by one of them makes its requests unscorable only when the batch holds one request (larger ones are taken apart
  /// first), any other exception ends the run.
  virtual void run(RequestStream& stream);

  /// A request that cannot be asked (a broken picture) gets Response::unscorable in its place, so that the others of
  /// its batch are not asked twice. So for all three.
  virtual std::vector<Response> generate_until(std::span<const Request> requests);
  virtual std::vector<Response> loglikelihood(std::span<const Request> requests);
  virtual std::vector<Response> loglikelihood_rolling(std::span<const Request> requests);

  /// The text of the request as this model is sent it, media as `<image>`-like placeholders or references: what samples
  /// show as `input`. Thread-safe. Default: raw text, that is the texts and delimiters of the messages one after
  /// another, media as "<image NAME>" lines.
  virtual std::string prompt_text(const Request& request) const;

  /// How many requests the default `run` gives to one call.
  virtual std::size_t batch_size() const { return 1; }
  virtual bool supports(RequestType type) const { return type != RequestType::loglikelihood_rolling; }
};

/// What a model constructor gets from the command line.
struct ModelOptions {
  std::string args;              ///< --model_args, k=v,...
  std::string batch_size = "1";  ///< "N", "auto" or "auto:N"
  std::optional<int> max_batch_size;
  std::string device;                             ///< --device, empty when not given
  std::optional<std::string> chat_template_name;  ///< --apply_chat_template NAME ("" = bare flag)
  std::optional<std::int64_t> torch_seed = 1234;
};

/// How a plugin (and liblmms_eval_torch.so) comes in: an extern "C" function `lmms_eval_register_plugin(int abi)` in
/// the shared library, which returns 0 after calling `register_model` for each of its models, or its own ABI number
/// when it was built for another one.
inline constexpr int kPluginAbi = 1;

using ModelFactory = std::function<std::unique_ptr<LM>(const std::string& name, const ModelOptions& options)>;

struct ModelRegistration {
  std::string name;
  std::vector<std::string> aliases;
  std::string type;         ///< "chat", "simple" or "chat+simple", as `models` lists it
  std::string description;  ///< one line for docs and `models`
  ModelFactory create;
  /// Where it runs, for a model on which --device and --max_batch_size have no effect; empty for local ones.
  std::string runs_at = {};
};

/// Adds a model to the registry; a name that is taken throws Error{internal}.
LMMS_EVAL_API void register_model(ModelRegistration registration);

/// Builds a model by name or alias. Throws Error{usage} with the nearest names when there is none.
LMMS_EVAL_API std::unique_ptr<LM> create_model(std::string_view name, const ModelOptions& options);

/// All registered models, sorted by name. Never loads torch: local models are listed by liblmms_eval.so itself.
LMMS_EVAL_API std::vector<ModelRegistration> registered_models();

}  // namespace lmms_eval
