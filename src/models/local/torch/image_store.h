#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "lmms_eval/media.h"
#include "models/local/torch/family.h"

namespace lmms_eval::local {

/// A picture on its way into the model.
struct StoredImage {
  std::string key;           ///< sha256 and tiling: two equal keys are the same features
  ProcessedImage processed;  ///< pixels are dropped once `features` is there
  std::int64_t tokens = 0;
  at::Tensor features;  ///< [tokens, hidden], set and read by the model's thread only
};

/// The pictures that were used last, so that one asked about many times (the choices of a doc) is decoded and encoded
/// once.
///
/// `get` is thread-safe and does its work on the calling thread; two callers that want the same picture at once share
/// it. Holds at most `capacity` pictures; those in use stay alive with their requests.
class ImageStore {
 public:
  ImageStore(const Family& family, std::size_t capacity);

  /// Decoded, resized, tiled. `several`: the prompt has more than one. Throws Error{data} if the bytes are no picture.
  std::shared_ptr<StoredImage> get(const MediaRef& media, bool several);

 private:
  using Future = std::shared_future<std::shared_ptr<StoredImage>>;
  std::shared_ptr<StoredImage> make(const std::string& key, const MediaRef& media, bool several) const;

  const Family& family_;
  std::size_t capacity_;
  std::mutex mutex_;
  std::list<std::string> order_;  ///< most recent first
  std::map<std::string, std::pair<Future, std::list<std::string>::iterator>> images_;
};

}  // namespace lmms_eval::local
