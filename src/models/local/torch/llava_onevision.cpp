#include "models/local/torch/anyres.h"
#include "models/local/torch/family.h"
#include "models/local/torch/pch.h"
#include "models/local/torch/siglip.h"

namespace lmms_eval::local {
namespace {

/// How many patches go through the vision tower in one pass: bounds the memory of its activations.
constexpr std::int64_t kPatchesPerPass = 8192;

/// The layout of the published checkpoints' template: pictures first, no system turn of its own.
constexpr const char* kChatTemplate =
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + ' ' }}"
    "{% for part in message['content'] if part['type'] == 'image' %}{{ '<image>' }}{% endfor %}"
    "{% for part in message['content'] if part['type'] == 'text' %}{{ '\\n' + part['text'] }}{% endfor %}"
    "{{ '<|im_end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/// Prefixes of transformers 4 and 5, with and without `model.` in front, brought to one form.
const WeightLoader::Renames kRenames = {
    {"model.", ""},
    {"language_model.model.", "language_model."},
    {"language_model.lm_head.", "lm_head."},
    {"vision_tower.vision_model.", "vision_tower."},
};

WeightLoader open_weights(const FamilySource& source) {
  return {SafeTensors::open(source.folder), kRenames, source.dtype, source.device};
}

std::int64_t side_of(const Config& vision) { return vision.integer("image_size", 224); }

/// transformers fills a vision_config that is absent with the sizes of so400m.
Config vision_config(const Config& config) {
  if (config.has("vision_config")) {
    auto vision = config.section("vision_config");
    const auto type = vision.text("model_type", "siglip_vision_model");
    if (type != "siglip_vision_model")
      throw errors::model("{}: vision tower '{}' is not supported (only siglip_vision_model)",
                          vision.name_of("model_type"), type);
    return vision;
  }
  return {{{"hidden_size", 1152},
           {"intermediate_size", 4304},
           {"patch_size", 14},
           {"image_size", 384},
           {"num_hidden_layers", 26},
           {"num_attention_heads", 16}},
          config.name_of("vision_config.")};
}

DecoderShape text_shape(const Config& config) {
  const auto text = config.section("text_config");
  const auto type = text.text("model_type", "qwen2");
  if (type != "qwen2")
    throw errors::model("{}: text model '{}' is not supported in llava_onevision (only qwen2)",
                        text.name_of("model_type"), type);
  auto shape = DecoderShape::qwen2(text);
  shape.tied_head = config.boolean("tie_word_embeddings", false) || text.boolean("tie_word_embeddings", false);
  return shape;
}

/// LLaVA-OneVision: SigLIP patches → two-layer projector → Qwen2. A picture is its whole, resized to one tile, followed
/// by the tiles of its best-fitting grid (anyres); several pictures in one prompt are one tile each. Source:
/// transformers' modeling_llava_onevision.py, 5.x.
class LlavaOnevision final : public Family {
 public:
  explicit LlavaOnevision(const FamilySource& source) : LlavaOnevision(source, open_weights(source)) {}

  const Decoder& decoder() const override { return text_; }
  ProcessedImage process(const media::Image& image, bool several) const override {
    return processor_.process(image, several);
  }
  std::int64_t image_tokens(const ProcessedImage& image) const override;
  std::vector<at::Tensor> embed_images(std::span<const ProcessedImage* const> images) const override;
  std::int64_t image_token_id() const override { return image_token_id_; }
  std::string image_token() const override { return "<image>"; }
  std::string default_chat_template() const override { return kChatTemplate; }

 private:
  LlavaOnevision(const FamilySource& source, const WeightLoader& weights);

  AnyresLayout layout_of(const ProcessedImage& image) const;
  /// [tiles, 3, h, w] → [tiles, patches, hidden], projected.
  at::Tensor encode(const at::Tensor& tiles) const;
  /// The features of one picture → its tokens.
  at::Tensor pack(const at::Tensor& features, const ProcessedImage& image) const;

  LlavaOnevisionImageProcessor processor_;
  SiglipTower vision_;
  Linear projector_in_, projector_out_;
  Activation projector_act_;
  at::Tensor newline_;
  Decoder text_;
  std::int64_t image_token_id_;
  std::int64_t max_tiles_;
  bool drop_first_patch_;
};

LlavaOnevision::LlavaOnevision(const FamilySource& source, const WeightLoader& weights)
    : processor_(LlavaOnevisionImageProcessor::load(source.folder)),
      vision_(vision_config(source.config), weights.scope("vision_tower"),
              source.config.integers("vision_feature_layer", {{-1}})),
      projector_act_(activation(source.config.text("projector_hidden_act", "gelu"),
                                source.config.name_of("projector_hidden_act"))),
      text_(text_shape(source.config), weights.scope("language_model"), weights),
      image_token_id_(source.config.integer("image_token_index", source.config.integer("image_token_id", 151646))),
      max_tiles_(anyres_max_tiles(source.config.text("vision_aspect_ratio", "anyres_max_9"))) {
  const auto layers = source.config.integers("vision_feature_layer", {{-1}}).size();
  const bool bias = source.config.boolean("multimodal_projector_bias", true);
  const auto hidden = text_.shape().hidden;
  const auto projector = weights.scope("multi_modal_projector");
  projector_in_ =
      Linear::load(projector, "linear_1", vision_.hidden() * static_cast<std::int64_t>(layers), hidden, bias);
  projector_out_ = Linear::load(projector, "linear_2", hidden, hidden, bias);
  newline_ = weights.take("image_newline", {hidden});
  weights.report_unused();

  const auto strategy = source.config.text("vision_feature_select_strategy", "full");
  if (strategy != "full" && strategy != "default")
    throw errors::model("{} must be 'full' or 'default', not '{}'",
                        source.config.name_of("vision_feature_select_strategy"), strategy);
  drop_first_patch_ = strategy == "default";
  const auto side = static_cast<int>(side_of(vision_config(source.config)));
  const auto tile = processor_.tile_size();
  if (tile.height != side || tile.width != side)
    throw errors::model("{}: preprocessor_config.json makes tiles of {}x{}, the vision tower takes {}x{}",
                        source.folder.string(), tile.height, tile.width, side, side);
}

AnyresLayout LlavaOnevision::layout_of(const ProcessedImage& image) const {
  const auto best = select_best_resolution(image.original, processor_.grid_pinpoints());
  const auto rows = best.height / image.tile.height, columns = best.width / image.tile.width;
  if (1 + rows * columns != image.tiles)
    throw errors::model(
        "preprocessor_config.json: image_grid_pinpoints has {}x{}, which is no whole number of {}x{} tiles",
        best.height, best.width, image.tile.height, image.tile.width);
  return anyres_layout(image.original, rows, columns, vision_.grid(), max_tiles_);
}

std::int64_t LlavaOnevision::image_tokens(const ProcessedImage& image) const {
  const auto whole = vision_.grid() * vision_.grid();
  if (image.tiles == 1) return whole - (drop_first_patch_ ? 1 : 0) + 1;
  if (drop_first_patch_)
    throw errors::model(
        "config.json: vision_feature_select_strategy 'default' drops a patch, so that a tiled picture has no "
        "grid; only 'full' works with single pictures");
  return whole + layout_of(image).tokens();
}

at::Tensor LlavaOnevision::encode(const at::Tensor& tiles) const {
  const auto step = std::max<std::int64_t>(1, kPatchesPerPass / (vision_.grid() * vision_.grid()));
  std::vector<at::Tensor> parts;
  for (const auto& chunk : tiles.split(step)) {
    auto states = vision_(chunk);
    if (drop_first_patch_) states = states.narrow(1, 1, states.size(1) - 1);
    parts.push_back(projector_out_(projector_act_(projector_in_(states))));
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts);
}

at::Tensor LlavaOnevision::pack(const at::Tensor& features, const ProcessedImage& image) const {
  const auto base = features[0];
  if (image.tiles == 1) return at::cat({base, newline_.unsqueeze(0)});
  const auto layout = layout_of(image);
  const auto grid = vision_.grid(), hidden = features.size(-1);
  const auto best = select_best_resolution(image.original, processor_.grid_pinpoints());
  const auto rows = best.height / image.tile.height, columns = best.width / image.tile.width;
  auto map = image.duplicate_tile ? base.unsqueeze(0) : features.narrow(0, 1, rows * columns);
  map = map.reshape({rows, columns, grid, grid, hidden})
            .permute({0, 2, 1, 3, 4})
            .reshape({rows * grid, columns * grid, hidden});
  map = map.narrow(0, layout.top, layout.height).narrow(1, layout.left, layout.width);
  if (layout.scaled) {
    // In f32, for ATen has no half-precision kernel everywhere; rounded once at the end.
    const auto channels_first = map.permute({2, 0, 1}).unsqueeze(0).to(at::kFloat);
    map =
        at::upsample_bilinear2d(channels_first, {layout.out_height, layout.out_width}, false)[0].permute({1, 2, 0}).to(
            features.scalar_type());
  }
  const auto newlines = newline_.expand({layout.out_height, 1, hidden});
  return at::cat({base, at::cat({map, newlines}, 1).flatten(0, 1)});
}

std::vector<at::Tensor> LlavaOnevision::embed_images(std::span<const ProcessedImage* const> images) const {
  std::vector<at::Tensor> tiles;
  std::vector<std::int64_t> counts;
  for (const auto* image : images) {
    counts.push_back(image->duplicate_tile ? 1 : image->tiles);
    tiles.push_back(at::from_blob(const_cast<float*>(image->pixels.data()),
                                  {counts.back(), 3, image->tile.height, image->tile.width},
                                  at::TensorOptions().dtype(at::kFloat)));
  }
  const auto features = encode(tiles.size() == 1 ? tiles.front() : at::cat(tiles)).split_with_sizes(counts);
  std::vector<at::Tensor> packed;
  for (std::size_t i = 0; i < images.size(); ++i) packed.push_back(pack(features[i], *images[i]));
  return packed;
}

const FamilyRegistration kRegistration{
    "llava_onevision", [](const FamilySource& source) { return std::make_unique<LlavaOnevision>(source); }};

}  // namespace
}  // namespace lmms_eval::local
