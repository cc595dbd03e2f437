#include "models/local/torch/image_store.h"

#include "models/local/torch/pch.h"

namespace lmms_eval::local {

ImageStore::ImageStore(const Family& family, std::size_t capacity)
    : family_(family), capacity_(std::max<std::size_t>(1, capacity)) {}

std::shared_ptr<StoredImage> ImageStore::make(const std::string& key, const MediaRef& media, bool several) const {
  auto image = std::make_shared<StoredImage>();
  image->key = key;
  image->processed = family_.process(media::decode_rgb(media.bytes(), media.reference()), several);
  image->tokens = family_.image_tokens(image->processed);
  return image;
}

std::shared_ptr<StoredImage> ImageStore::get(const MediaRef& media, bool several) {
  const std::string key = media.sha256() + (several ? "+" : "");
  std::promise<std::shared_ptr<StoredImage>> promise;
  Future known;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = images_.find(key);
    if (found != images_.end()) {
      order_.splice(order_.begin(), order_, found->second.second);
      known = found->second.first;
    } else {
      order_.push_front(key);
      images_.emplace(key, std::pair(promise.get_future().share(), order_.begin()));
      if (images_.size() > capacity_) {
        images_.erase(order_.back());
        order_.pop_back();
      }
    }
  }
  if (known.valid()) return known.get();
  try {
    auto image = make(key, media, several);
    promise.set_value(image);
    return image;
  } catch (...) {
    promise.set_exception(std::current_exception());
    throw;
  }
}

}  // namespace lmms_eval::local
