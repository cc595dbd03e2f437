// A model that answers without thinking: for tests of everything around a model, and for timing data sets and media.

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/errors.h"
#include "base/key_values.h"
#include "base/text.h"
#include "lmms_eval/model.h"
#include "media/image.h"

namespace lmms_eval {
namespace {

constexpr const char* kFlag = "--model_args";

struct DummyOptions {
  std::string response = "A";
  std::int64_t read_bytes = 65536;     ///< of each medium; -1: all, 0: media are not touched
  bool fail_on_missing = true;         ///< a medium that cannot be read or decoded makes its request unscorable
  std::int64_t decode_num_frames = 0;  ///< above 0 images are decoded, too
  std::string metrics_output_path;
  std::size_t batch_size = 1;
};

struct MediaCounts {
  std::int64_t media = 0;
  std::int64_t bytes = 0;
  std::int64_t decoded = 0;
  std::int64_t missing = 0;
};

void check_keys(const KeyValues& args) {
  const std::vector<std::string> used = {"response",          "read_bytes",          "fail_on_missing",
                                         "decode_num_frames", "metrics_output_path", "batch_size"};
  for (const auto& key : args.keys()) {
    if (std::find(used.begin(), used.end(), key) != used.end()) continue;
    if (key == "allow_remote" || key == "decode_fps" || key == "device" || key == "max_batch_size")
      spdlog::info("{}: {} has no effect for dummy", kFlag, key);
    else
      spdlog::warn("{}: dummy does not know '{}' and ignores it{}", kFlag, key, did_you_mean(key, used));
  }
}

DummyOptions parse(const ModelOptions& options) {
  const KeyValues args = KeyValues::parse(options.args, kFlag);
  check_keys(args);
  DummyOptions result;
  if (const auto response = args.text("response"); response && !trim(*response).empty())
    result.response = trim(*response);
  result.read_bytes = args.integer("read_bytes").value_or(result.read_bytes);
  result.fail_on_missing = args.boolean("fail_on_missing").value_or(true);
  result.decode_num_frames = std::max<std::int64_t>(0, args.integer("decode_num_frames").value_or(0));
  result.metrics_output_path = args.text("metrics_output_path").value_or("");
  const auto batch = args.has("batch_size") ? args.text("batch_size") : std::optional<std::string>(options.batch_size);
  if (const auto number = python_float(batch.value_or("1")); number && *number >= 1 && *number <= 1e6)
    result.batch_size = static_cast<std::size_t>(*number);
  return result;
}

class Dummy final : public LM {
 public:
  explicit Dummy(DummyOptions options) : options_(std::move(options)) {}

  ModelInfo info() const override {
    ModelInfo info;
    info.name = "dummy";
    info.batch_size = std::to_string(options_.batch_size);
    info.identity = {{"response", options_.response}};
    info.preferred_in_flight = options_.batch_size;
    if (counts_.media > 0) {
      info.metrics = {{"media", static_cast<double>(counts_.media)},
                      {"media_bytes", static_cast<double>(counts_.bytes)},
                      {"media_decoded", static_cast<double>(counts_.decoded)},
                      {"media_missing", static_cast<double>(counts_.missing)}};
    }
    return info;
  }

  void run(RequestStream& stream) override {
    const auto start = std::chrono::steady_clock::now();
    LM::run(stream);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (!options_.metrics_output_path.empty()) write_metrics(elapsed.count());
  }

  std::vector<Response> generate_until(std::span<const Request> requests) override {
    return answer(requests, Response::answer(options_.response));
  }
  std::vector<Response> loglikelihood(std::span<const Request> requests) override {
    return answer(requests, Response::likelihood(0.0, false));
  }
  std::vector<Response> loglikelihood_rolling(std::span<const Request> requests) override {
    return answer(requests, Response::likelihood(0.0, false));
  }

  std::size_t batch_size() const override { return options_.batch_size; }
  bool supports(RequestType) const override { return true; }

 private:
  std::vector<Response> answer(std::span<const Request> requests, const Response& response) {
    std::vector<Response> responses;
    for (const auto& request : requests) {
      try {
        touch_media(request);
        responses.push_back(response);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::data) throw;
        responses.push_back(Response::unscorable(error.what()));
      }
    }
    return responses;
  }

  void touch_media(const Request& request) {
    for (const auto& message : request.messages)
      for (const auto& part : message.parts)
        if (part.media) touch(*part.media);
  }

  void touch(const MediaRef& media) {
    if (options_.read_bytes == 0 && options_.decode_num_frames == 0) return;
    ++counts_.media;
    try {
      const auto size = static_cast<std::int64_t>(media.bytes().size());
      counts_.bytes += options_.read_bytes < 0 ? size : std::min(size, options_.read_bytes);
      if (options_.decode_num_frames == 0 || media.kind() != MediaKind::image) return;
      media::decode_rgb(media.bytes(), media.reference());
      ++counts_.decoded;
    } catch (const Error& error) {
      ++counts_.missing;
      if (options_.fail_on_missing || error.kind() != ErrorKind::data) throw;
    }
  }

  void write_metrics(double seconds) const {
    const nlohmann::ordered_json metrics = {{"media", counts_.media},
                                            {"media_bytes", counts_.bytes},
                                            {"media_decoded", counts_.decoded},
                                            {"media_missing", counts_.missing},
                                            {"total_s", seconds}};
    write_file_atomically(options_.metrics_output_path, metrics.dump(2) + "\n");
  }

  DummyOptions options_;
  MediaCounts counts_;
};

const bool kRegistered = [] {
  register_model({"dummy",
                  {"dummy_video_reader"},
                  "simple",
                  "answers `A` (--model_args response=...) to everything, log-likelihood 0; for tests and timings",
                  [](const std::string&, const ModelOptions& options) -> std::unique_ptr<LM> {
                    return std::make_unique<Dummy>(parse(options));
                  },
                  "nowhere"});
  return true;
}();

}  // namespace
}  // namespace lmms_eval
