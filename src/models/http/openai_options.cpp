#include "models/http/openai_options.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/atomic_file.h"
#include "base/errors.h"
#include "base/key_values.h"
#include "base/log.h"
#include "base/text.h"

namespace lmms_eval::http {
namespace {

constexpr const char* kFlag = "--model_args";
constexpr const char* kDefaultBaseUrl = "https://api.openai.com/v1";
constexpr const char* kDefaultHost = "api.openai.com";
constexpr std::int64_t kMostConcurrent = 65536;

const std::vector<std::string> kUsed = {
    "model",         "model_version", "base_url",        "api_base",        "api_key",
    "timeout",       "max_retries",   "retry_backoff_s", "num_concurrent",  "num_cpus",
    "system_prompt", "send_stop",     "max_new_tokens",  "httpx_trust_env", "enable_thinking_kwarg"};

/// Arguments of lmms-eval that change nothing here, and why.
const std::map<std::string, std::string> kNoEffect = {
    {"batch_size", "the number of requests at once is num_concurrent"},
    {"max_batch_size", "the number of requests at once is num_concurrent"},
    {"device", "the model runs on a server"},
    {"max_size_in_mb", "images are sent as they are"},
    {"max_frames_num", "videos are not sent in this version"},
    {"video_fps", "videos are not sent in this version"},
    {"fps", "videos are not sent in this version"},
    {"nframes", "videos are not sent in this version"},
    {"max_frames", "videos are not sent in this version"},
    {"max_pixels", "it concerns videos, which are not sent in this version"},
    {"min_pixels", "it concerns videos, which are not sent in this version"},
    {"is_qwen3_vl", "it concerns videos, which are not sent in this version"},
    {"prefix_aware_queue", "requests are sent in the order of the evaluator"},
    {"prefix_hash_chars", "requests are sent in the order of the evaluator"},
    {"adaptive_min_concurrency", "num_concurrent is fixed"},
    {"adaptive_max_concurrency", "num_concurrent is fixed"},
    {"adaptive_target_latency_s", "num_concurrent is fixed"},
    {"adaptive_increase_step", "num_concurrent is fixed"},
    {"adaptive_decrease_factor", "num_concurrent is fixed"},
    {"adaptive_failure_threshold", "num_concurrent is fixed"},
    {"work_dir", "it concerns mcp_server_path"}};

/// Arguments that would change what is asked: refused unless they are off.
const std::vector<std::string> kRefused = {"azure_openai", "mcp_server_path", "pass_video_url", "adaptive_concurrency"};

std::string env(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

void check_keys(const KeyValues& args, const std::string& model) {
  std::vector<std::string> known = kUsed;
  for (const auto& [name, reason] : kNoEffect) known.push_back(name);
  known.insert(known.end(), kRefused.begin(), kRefused.end());
  for (const auto& key : args.keys()) {
    if (const auto reason = kNoEffect.find(key); reason != kNoEffect.end()) {
      spdlog::info("{}: {} has no effect for {}: {}", kFlag, key, model, reason->second);
    } else if (std::find(kRefused.begin(), kRefused.end(), key) != kRefused.end()) {
      const auto value = args.text(key);
      if (value && to_lower(*value) != "false" && *value != "0" && !value->empty())
        throw errors::usage("{}: {} is not supported in this version", kFlag, key);
    } else if (std::find(kUsed.begin(), kUsed.end(), key) == kUsed.end()) {
      spdlog::warn("{}: {} does not know '{}' and ignores it{}", kFlag, model, key, did_you_mean(key, known));
    }
  }
}

/// The first of two spellings that is there; both at once must not be a silent choice.
std::optional<std::string> either(const KeyValues& args, const std::string& first, const std::string& second) {
  const auto a = args.text(first), b = args.text(second);
  if (a && b && *a != *b) spdlog::warn("{}: {} and {} are both given; {} is used", kFlag, first, second, first);
  return a ? a : b;
}

std::int64_t whole_number(const KeyValues& args, const std::string& key, std::int64_t fallback, std::int64_t least,
                          std::int64_t most) {
  const std::int64_t value = args.integer(key).value_or(fallback);
  if (value < least || value > most)
    throw errors::usage("{}: {}={} must be between {} and {}", kFlag, key, value, least, most);
  return value;
}

double seconds(const KeyValues& args, const std::string& key, double fallback, bool zero_allowed) {
  const double value = args.number(key).value_or(fallback);
  if (!(value >= 0 && value <= 1e6) || (value == 0 && !zero_allowed))
    throw errors::usage("{}: {}={} must be a number of seconds {} 0", kFlag, key, value,
                        zero_allowed ? "not below" : "above");
  return value;
}

Url base_url(const KeyValues& args) {
  std::string source = "--model_args base_url";
  std::string text = either(args, "base_url", "api_base").value_or("");
  for (const char* name : {"OPENAI_API_BASE", "OPENAI_BASE_URL"}) {
    if (!text.empty()) break;
    text = env(name);
    source = name;
  }
  if (text.empty()) text = kDefaultBaseUrl;
  Url url = Url::parse(text, source);
  static constexpr std::string_view kEndpoint = "/chat/completions";
  if (url.path.size() >= kEndpoint.size() &&
      std::string_view(url.path).substr(url.path.size() - kEndpoint.size()) == kEndpoint)
    url.path.resize(url.path.size() - kEndpoint.size());
  return url;
}

std::string api_key(const KeyValues& args, const Url& url) {
  std::string key = args.text("api_key").value_or("");
  if (key.empty()) key = env("OPENAI_API_KEY");
  key = trim(key);
  register_secret(key);
  if (std::any_of(key.begin(), key.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    throw errors::usage("the API key holds a control character; check api_key and OPENAI_API_KEY");
  if (key.empty() && url.credentials.empty() && url.host == kDefaultHost) {
    throw errors::usage(
        "{} needs a key: set OPENAI_API_KEY (or --model_args api_key=...); for another server set "
        "base_url=http://HOST:PORT/v1",
        url.shown());
  }
  return key;
}

/// The text itself, or what is in the file of that name.
std::optional<std::string> system_prompt(const KeyValues& args) {
  const auto given = args.text("system_prompt");
  if (!given) return std::nullopt;
  std::error_code ignored;
  if (given->size() < 4096 && std::filesystem::is_regular_file(*given, ignored)) return read_file(*given);
  return given;
}

void tell_unused_flags(const ModelOptions& options, const std::string& model) {
  if (!options.batch_size.empty() && options.batch_size != "1")
    spdlog::info(
        "--batch_size {} has no effect for {}: the number of requests at once is num_concurrent (--model_args)",
        options.batch_size, model);
  if (!options.device.empty())
    spdlog::info("--device {} has no effect for {}: the model runs on a server", options.device, model);
}

void load_dotenv_file() {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(".env", ignored)) load_dotenv(read_file(".env"));
}

}  // namespace

void load_dotenv(std::string_view text) {
  for (const auto& raw : split(text, '\n')) {
    std::string_view line = trim(raw);
    if (line.empty() || line.front() == '#') continue;
    if (line.substr(0, 7) == "export ") line = trim(line.substr(7));
    const auto equals = line.find('=');
    if (equals == line.npos) continue;
    const std::string key(trim(line.substr(0, equals)));
    std::string_view value = trim(line.substr(equals + 1));
    if (key.empty() || key.find_first_of(" \t'\"") != std::string::npos) continue;
    if (!value.empty() && (value.front() == '"' || value.front() == '\'')) {
      const auto end = value.find(value.front(), 1);
      value = end == value.npos ? value : value.substr(1, end - 1);
    } else if (const auto comment = value.find(" #"); comment != value.npos) {
      value = trim(value.substr(0, comment));
    }
    if (is_secret_name(key)) register_secret(value);
    setenv(key.c_str(), std::string(value).c_str(), 0);
  }
}

OpenAIOptions OpenAIOptions::parse(const std::string& registered_name, const ModelOptions& options) {
  load_dotenv_file();
  const KeyValues args = KeyValues::parse(options.args, kFlag);
  if (const auto key = args.text("api_key")) register_secret(*key);  // before anything can fail with it in its text
  check_keys(args, registered_name);
  tell_unused_flags(options, registered_name);
  OpenAIOptions result;
  result.registered_name = registered_name;
  result.sends_sampling = registered_name == "openai";
  const auto model = either(args, "model", "model_version");
  if (model)
    result.model = *model;
  else
    spdlog::info("{}: no model is named; the server is asked for '{}', as lmms-eval does", kFlag, result.model);
  if (trim(result.model).empty()) throw errors::usage("{}: model is empty", kFlag);
  result.base_url = http::base_url(args);
  result.api_key = http::api_key(args, result.base_url);
  result.timeout_s = seconds(args, "timeout", result.timeout_s, false);
  result.run.retry.max_attempts = static_cast<int>(whole_number(args, "max_retries", 5, 1, 1000));
  result.run.retry.backoff_s = seconds(args, "retry_backoff_s", 1.0, true);
  either(args, "num_concurrent", "num_cpus");
  const std::string concurrency = args.integer("num_concurrent") ? "num_concurrent" : "num_cpus";
  result.run.num_concurrent = static_cast<std::size_t>(whole_number(args, concurrency, 32, 1, kMostConcurrent));
  result.run.trust_env = args.boolean("httpx_trust_env").value_or(true);
  result.system_prompt = http::system_prompt(args);
  result.send_stop = args.boolean("send_stop").value_or(false);
  result.default_max_new_tokens = static_cast<int>(whole_number(args, "max_new_tokens", 1024, 1, 100'000'000));
  result.enable_thinking = args.boolean("enable_thinking_kwarg");
  result.image_encoding = ImageEncoding::from_environment();
  return result;
}

bool OpenAIOptions::reasoning_family() const {
  const auto slash = model.rfind('/');
  const std::string name = to_lower(slash == std::string::npos ? model : model.substr(slash + 1));
  for (const std::string_view family : {"o1", "o3", "o4", "gpt-5"}) {
    if (std::string_view(name).substr(0, family.size()) != family) continue;
    // The family's name must end there: "o1", "o1-mini", "gpt-5.1", but not "o10b".
    if (name.size() == family.size() || !std::isalnum(static_cast<unsigned char>(name[family.size()]))) return true;
  }
  return false;
}

}  // namespace lmms_eval::http
