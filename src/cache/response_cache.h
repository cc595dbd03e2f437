#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lmms_eval/model.h"
#include "lmms_eval/request.h"

namespace lmms_eval {

/// Remembers answers across runs, so that a request is never paid for twice.
///
/// One SQLite file per rank, `<prefix>rank<i>.db`; look-ups also read the files of other ranks. The key is a sha256
/// over all that can change the answer: model identity, request type, messages with the sha256 of each medium,
/// continuation, generation options, repeat index; and over nothing else (no task or doc number, no harness version, no
/// secret). An answer is committed when `put` returns (write-ahead log: a killed program loses nothing, a power loss at
/// most the last moments). Only answered, deterministic requests are kept. Thread-safe. Throws Error{output} if the
/// file cannot be opened or is not a cache.
class ResponseCache {
 public:
  /// `identity` is ModelInfo::identity with the model's name.
  ResponseCache(const std::filesystem::path& prefix, int rank, const ModelInfo& model, bool keep_sampled = false);
  ~ResponseCache();

  /// The key of a request, lower-case hex.
  std::string key(const Request& request) const;
  /// True if answers to this request may be kept.
  bool keeps(const Request& request) const;
  std::optional<Response> get(const std::string& key) const;
  void put(const std::string& key, const Request& request, const Response& response);

  std::filesystem::path file() const { return file_; }

 private:
  struct Store;
  std::filesystem::path file_;
  std::string model_identity_;
  bool keep_sampled_ = false;
  mutable std::mutex mutex_;
  std::unique_ptr<Store> own_;
  std::vector<std::unique_ptr<Store>> others_;
};

}  // namespace lmms_eval
