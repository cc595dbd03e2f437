#include "base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "base/errors.h"
#include "base/text.h"

namespace lmms_eval {
namespace {

constexpr std::string_view kRedacted = "[REDACTED]";

struct Secrets {
  std::mutex mutex;
  std::vector<std::string> values;
};

Secrets& secrets() {
  static Secrets instance;
  return instance;
}

bool word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-'; }

void replace_all(std::string& text, std::string_view what) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += kRedacted.size())
    text.replace(at, what.size(), kRedacted);
}

/// `api_key=abc,` and `Authorization: Bearer abc` lose their values.
void redact_pairs(std::string& text) {
  for (std::size_t equals = 0; (equals = text.find('=', equals)) != std::string::npos; ++equals) {
    std::size_t begin = equals;
    while (begin > 0 && word_character(text[begin - 1])) --begin;
    if (!is_secret_name(std::string_view(text).substr(begin, equals - begin))) continue;
    std::size_t end = equals + 1;
    while (end < text.size() && !std::strchr(", \t\n&);", text[end])) ++end;
    const std::string_view value = std::string_view(text).substr(equals + 1, end - equals - 1);
    if (!value.empty() && value != "...") text.replace(equals + 1, value.size(), kRedacted);
  }
  for (std::size_t at = 0; (at = text.find("Bearer ", at)) != std::string::npos; at += 7) {
    std::size_t end = at + 7;
    while (end < text.size() && !std::strchr(", \t\n\"'", text[end])) ++end;
    text.replace(at + 7, end - at - 7, kRedacted);
  }
}

void redact_hf_tokens(std::string& text) {
  for (std::size_t at = 0; (at = text.find("hf_", at)) != std::string::npos; at += 3) {
    std::size_t end = at + 3;
    while (end < text.size() && std::isalnum(static_cast<unsigned char>(text[end]))) ++end;
    if (end - at >= 23) text.replace(at, end - at, kRedacted);
  }
}

/// The usual pattern, with the whole line redacted.
class RedactingFormatter final : public spdlog::formatter {
 public:
  RedactingFormatter() : inner_("%H:%M:%S | %l | %v") {}
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    spdlog::memory_buf_t line;
    inner_.format(message, line);
    const std::string clean = redact(std::string_view(line.data(), line.size()));
    out.append(clean.data(), clean.data() + clean.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<RedactingFormatter>(); }

 private:
  spdlog::pattern_formatter inner_;
};

}  // namespace

bool is_secret_name(std::string_view name) {
  const std::string lower = to_lower(name);
  const auto ends_with = [&](std::string_view end) {
    return lower.size() >= end.size() && std::string_view(lower).substr(lower.size() - end.size()) == end;
  };
  return lower == "token" || lower == "hf_token" || ends_with("api_key") || ends_with("api-key") ||
         ends_with("_token") || ends_with("secret") || ends_with("password");
}

void register_secret(std::string_view value) {
  if (value.size() < 6) return;
  std::lock_guard lock(secrets().mutex);
  auto& values = secrets().values;
  if (std::find(values.begin(), values.end(), value) == values.end()) values.emplace_back(value);
}

std::string redact(std::string_view text) {
  std::string clean(text);
  {
    std::lock_guard lock(secrets().mutex);
    for (const auto& value : secrets().values) replace_all(clean, value);
  }
  redact_pairs(clean);
  redact_hf_tokens(clean);
  return clean;
}

namespace {

spdlog::level::level_enum level_named(std::string_view verbosity) {
  static const std::map<std::string, spdlog::level::level_enum> kLevels = {
      {"trace", spdlog::level::trace},  {"debug", spdlog::level::debug}, {"info", spdlog::level::info},
      {"warning", spdlog::level::warn}, {"error", spdlog::level::err},   {"critical", spdlog::level::critical}};
  const auto level = kLevels.find(to_lower(verbosity));
  if (level == kLevels.end())
    throw errors::usage("--verbosity {}: must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL", verbosity);
  return level->second;
}

}  // namespace

void check_verbosity(std::string_view verbosity) { level_named(verbosity); }

void set_up_logging(std::string_view verbosity) {
  const auto level = level_named(verbosity);
  auto logger = std::make_shared<spdlog::logger>("lmms_eval", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(std::make_unique<RedactingFormatter>());
  logger->set_level(level);
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace lmms_eval
