#include "cache/response_cache.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/errors.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/python_json.h"

namespace lmms_eval {
namespace {

namespace fs = std::filesystem;

// Raised when the meaning of keys or rows changes: older rows are then not found, never misread.
constexpr int kSchemaVersion = 1;
constexpr int kBusyTimeoutMs = 30000;
constexpr int kSqliteBusy = 5;  // SQLITE_BUSY

std::string canonical(const nlohmann::ordered_json& json) {
  return python_dumps(json, {.ensure_ascii = true, .sort_keys = true, .compact = true});
}

nlohmann::ordered_json message_identity(const std::vector<Message>& messages) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& message : messages) {
    auto parts = nlohmann::ordered_json::array();
    for (const auto& part : message.parts) {
      if (part.media)
        parts.push_back({{"media", to_string(part.media->kind())}, {"sha256", part.media->sha256()}});
      else
        parts.push_back({{"text", part.text}});
    }
    list.push_back({{"role", to_string(message.role)}, {"parts", parts}});
    if (!message.raw_delimiter.empty()) list.back()["raw_delimiter"] = message.raw_delimiter;
  }
  return list;
}

nlohmann::ordered_json to_row(const Response& response) {
  nlohmann::ordered_json row;
  row["text"] = response.text;
  row["logprob"] = response.logprob;
  row["is_greedy"] = response.is_greedy;
  row["finish_reason"] = to_string(response.finish_reason);
  if (response.tokens.input) row["input_tokens"] = *response.tokens.input;
  if (response.tokens.output) row["output_tokens"] = *response.tokens.output;
  if (response.tokens.reasoning) row["reasoning_tokens"] = *response.tokens.reasoning;
  return row;
}

Response from_row(const std::string& text) {
  const auto row = nlohmann::json::parse(text);
  Response response;
  response.text = row.at("text").get<std::string>();
  // JSON has no infinities: they are stored as null.
  response.logprob =
      row.at("logprob").is_null() ? -std::numeric_limits<double>::infinity() : row.at("logprob").get<double>();
  response.is_greedy = row.at("is_greedy").get<bool>();
  response.finish_reason = finish_reason_from(row.at("finish_reason").get<std::string>());
  const auto count = [&](const char* name) -> std::optional<std::int64_t> {
    return row.contains(name) ? std::optional(row[name].get<std::int64_t>()) : std::nullopt;
  };
  response.tokens = {count("input_tokens"), count("output_tokens"), count("reasoning_tokens")};
  return response;
}

}  // namespace

struct ResponseCache::Store {
  Store(const fs::path& file, bool writable)
      : database(file.string(), writable ? SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE : SQLite::OPEN_READONLY,
                 kBusyTimeoutMs) {
    if (writable) create_patiently();
    const int version = database.execAndGet("SELECT value FROM meta WHERE key = 'schema_version'").getInt();
    if (version != kSchemaVersion)
      throw SQLite::Exception("written by another version (schema " + std::to_string(version) + ")");
    find.emplace(database, "SELECT response FROM responses WHERE key = ?");
    if (writable)
      insert.emplace(database,
                     "INSERT OR REPLACE INTO responses(key, request_type, task, doc_id, response, created_at) "
                     "VALUES(?, ?, ?, ?, ?, ?)");
  }

  /// SQLite does not wait for another process that turns the same new file into a log-keeping one; so we do.
  void create_patiently() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kBusyTimeoutMs);
    for (;;) {
      try {
        return create();
      } catch (const SQLite::Exception& error) {
        if (error.getErrorCode() != kSqliteBusy || std::chrono::steady_clock::now() > deadline) throw;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  void create() {
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = NORMAL");
    database.exec("CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT)");
    database.exec(
        "CREATE TABLE IF NOT EXISTS responses(key TEXT PRIMARY KEY, request_type TEXT NOT NULL, task TEXT, doc_id "
        "INTEGER, response TEXT NOT NULL, created_at REAL) WITHOUT ROWID");
    SQLite::Statement statement(database, "INSERT OR IGNORE INTO meta VALUES('schema_version', ?)");
    statement.bind(1, kSchemaVersion);
    statement.exec();
  }

  std::optional<std::string> look_up(const std::string& key) {
    find->reset();
    find->bind(1, key);
    if (!find->executeStep()) return std::nullopt;
    return find->getColumn(0).getString();
  }

  SQLite::Database database;
  std::optional<SQLite::Statement> find;
  std::optional<SQLite::Statement> insert;
};

ResponseCache::ResponseCache(const fs::path& prefix, int rank, const ModelInfo& model, bool keep_sampled)
    : file_(prefix.string() + "rank" + std::to_string(rank) + ".db"), keep_sampled_(keep_sampled) {
  nlohmann::ordered_json identity = {{"model", model.name}};
  for (const auto& [name, value] : model.identity) identity["arguments"][name] = value;
  model_identity_ = sha256_hex(canonical(identity));
  std::error_code ignored;
  if (file_.has_parent_path()) fs::create_directories(file_.parent_path(), ignored);
  try {
    own_ = std::make_unique<Store>(file_, true);
  } catch (const std::exception& error) {
    throw errors::output("--use_cache: cannot use {} as a response cache: {}; move it away or choose another prefix",
                         file_.string(), error.what());
  }
  const std::string stem = prefix.filename().string() + "rank";
  const fs::path folder = file_.has_parent_path() ? file_.parent_path() : fs::path(".");
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(stem) || !name.ends_with(".db") || name == file_.filename().string()) continue;
    try {
      others_.push_back(std::make_unique<Store>(entry.path(), false));
    } catch (const std::exception& error) {
      spdlog::warn("--use_cache: {} is left out, it is not readable as a response cache: {}", entry.path().string(),
                   error.what());
    }
  }
}

ResponseCache::~ResponseCache() = default;

bool ResponseCache::keeps(const Request& request) const {
  return request.type != RequestType::generate_until || keep_sampled_ || request.options.deterministic();
}

std::string ResponseCache::key(const Request& request) const {
  nlohmann::ordered_json json;
  json["schema"] = kSchemaVersion;
  json["model"] = model_identity_;
  json["type"] = to_string(request.type);
  json["messages"] = message_identity(request.messages);
  json["continuation"] = request.continuation;
  json["raw_delimiter"] = request.raw_delimiter;
  json["options"] = request.options.to_json();
  json["repeat"] = request.repeat;
  return sha256_hex(canonical(json));
}

std::optional<Response> ResponseCache::get(const std::string& key) const {
  std::lock_guard lock(mutex_);
  const auto from = [&](Store& store) -> std::optional<Response> {
    const auto row = store.look_up(key);
    return row ? std::optional(from_row(*row)) : std::nullopt;
  };
  try {
    if (auto response = from(*own_)) return response;
    for (const auto& other : others_)
      if (auto response = from(*other)) return response;
  } catch (const std::exception& error) {
    throw errors::output("--use_cache: cannot read {}: {}", file_.string(), error.what());
  }
  return std::nullopt;
}

void ResponseCache::put(const std::string& key, const Request& request, const Response& response) {
  if (response.status != Status::answered) return;
  std::lock_guard lock(mutex_);
  try {
    auto& insert = *own_->insert;
    insert.reset();
    insert.bind(1, key);
    insert.bind(2, std::string(to_string(request.type)));
    insert.bind(3, request.task);
    insert.bind(4, request.doc_id);
    insert.bind(5, to_row(response).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    insert.bind(6, std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count());
    insert.exec();
  } catch (const std::exception& error) {
    throw errors::output(
        "--use_cache: cannot write to {}: {}; answers after this one would be lost, so the run stops here",
        file_.string(), error.what());
  }
}

}  // namespace lmms_eval
