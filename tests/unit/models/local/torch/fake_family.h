#pragma once

#include <atomic>
#include <stdexcept>

#include "lmms_eval/media.h"
#include "models/local/torch/family.h"

namespace lmms_eval::local::testing {

/// A family without a model: pictures take as many tokens as they are wide.
class FakeFamily final : public Family {
 public:
  const Decoder& decoder() const override { throw std::logic_error("no decoder"); }
  ProcessedImage process(const media::Image& image, bool several) const override {
    ++processed;
    ProcessedImage result;
    result.tiles = several ? 1 : 2;
    result.original = {image.height, image.width};
    return result;
  }
  std::int64_t image_tokens(const ProcessedImage& image) const override { return image.original.width; }
  std::vector<at::Tensor> embed_images(std::span<const ProcessedImage* const>) const override { return {}; }
  std::int64_t image_token_id() const override { return 256; }
  std::string image_token() const override { return "<image>"; }
  std::string default_chat_template() const override { return ""; }

  mutable std::atomic<int> processed = 0;
};

inline MediaRef picture(int width) {
  media::Image image{width, 2, 3, {}};
  image.data.assign(static_cast<std::size_t>(width) * 2 * 3, 9);
  return MediaRef::from_bytes(MediaKind::image, media::encode_png(image), "picture of " + std::to_string(width));
}

}  // namespace lmms_eval::local::testing
