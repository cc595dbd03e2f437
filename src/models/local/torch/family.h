#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "media/image.h"
#include "models/local/image_processor.h"
#include "models/local/torch/config.h"
#include "models/local/torch/decoder.h"
#include "models/local/torch/weights.h"

namespace lmms_eval::local {

/// What a family is built from.
struct FamilySource {
  std::filesystem::path folder;
  Config config;  ///< config.json
  at::ScalarType dtype = at::kFloat;
  at::Device device = at::kCPU;
};

/// A vision-language architecture: how pictures become the language model's tokens. One per model_type, one file each.
///
/// The text side is a Decoder. All calls but those marked thread-safe belong to the model's thread.
class Family {
 public:
  virtual ~Family() = default;

  virtual const Decoder& decoder() const = 0;
  /// Resizes, tiles and normalises a picture. `several`: its prompt holds more than one. Thread-safe.
  virtual ProcessedImage process(const media::Image& image, bool several) const = 0;
  /// How many tokens of the prompt a picture takes. Thread-safe.
  virtual std::int64_t image_tokens(const ProcessedImage& image) const = 0;
  /// One [tokens, hidden] tensor a picture. Pictures are encoded together.
  virtual std::vector<at::Tensor> embed_images(std::span<const ProcessedImage* const> images) const = 0;

  /// The token that stands for a picture in the prompt, and its text.
  virtual std::int64_t image_token_id() const = 0;
  virtual std::string image_token() const = 0;
  /// For checkpoints that bring no chat template.
  virtual std::string default_chat_template() const = 0;
};

using FamilyFactory = std::function<std::unique_ptr<Family>(const FamilySource& source)>;

/// Puts a family under its model_type; made at the end of a family's file.
struct FamilyRegistration {
  FamilyRegistration(std::string model_type, FamilyFactory make);
};

/// Builds the family that config.json's model_type names. Throws Error{model} with the known ones.
std::unique_ptr<Family> make_family(const FamilySource& source);

}  // namespace lmms_eval::local
