#include "models/local/image_processor_config.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/atomic_file.h"
#include "base/errors.h"

namespace lmms_eval::local {
namespace {

using nlohmann::json;

constexpr std::array kClipMean{0.48145466, 0.4578275, 0.40821073};
constexpr std::array kClipStd{0.26862954, 0.26130258, 0.27577711};

/// Keys that change nothing for one picture: names, and how transformers batches and returns tensors.
constexpr std::array<std::string_view, 14> kWithoutEffect{"image_processor_type",
                                                          "feature_extractor_type",
                                                          "processor_class",
                                                          "_valid_processor_keys",
                                                          "auto_map",
                                                          "do_pad",
                                                          "pad_size",
                                                          "return_tensors",
                                                          "disable_grouping",
                                                          "device",
                                                          "image_seq_length",
                                                          "data_format",
                                                          "input_data_format",
                                                          "default_to_square"};

constexpr std::array<std::string_view, 12> kUnderstood{
    "size",         "image_grid_pinpoints", "resample",  "do_resize",      "do_rescale",     "rescale_factor",
    "do_normalize", "image_mean",           "image_std", "do_convert_rgb", "do_center_crop", "crop_size"};

/// Typed look-ups in one object. As in transformers, an absent key has its default, while null turns a step off and
/// cannot stand for a value.
class Reader {
 public:
  Reader(const json& object, std::string file) : object_(object), file_(std::move(file)) {}

  /// Nothing if the key is absent or null.
  const json* given(const char* key) const {
    const auto it = object_.find(key);
    return it == object_.end() || it->is_null() ? nullptr : &*it;
  }
  /// Nothing if the key is absent.
  const json* find(const char* key) const {
    if (!object_.contains(key)) return nullptr;
    if (const auto* value = given(key)) return value;
    throw wrong(key, "is null; leave it out to get its default");
  }
  Error wrong(std::string_view key, std::string_view problem) const {
    return errors::model("{}: '{}' {}", file_, key, problem);
  }

  bool boolean(const char* key, bool otherwise) const {
    const auto* value = given(key);
    if (!value) return !object_.contains(key) && otherwise;
    if (!value->is_boolean()) throw wrong(key, "must be true or false");
    return value->get<bool>();
  }
  double number(const char* key, double otherwise) const {
    const auto* value = find(key);
    if (!value) return otherwise;
    if (!value->is_number()) throw wrong(key, "must be a number");
    return value->get<double>();
  }
  /// One number for all channels, or three.
  std::array<double, 3> channels(const char* key, const std::array<double, 3>& otherwise) const {
    const auto* value = find(key);
    if (!value) return otherwise;
    if (value->is_number()) return {value->get<double>(), value->get<double>(), value->get<double>()};
    const bool three = value->is_array() && value->size() == 3 &&
                       std::all_of(value->begin(), value->end(), [](const json& x) { return x.is_number(); });
    if (!three) throw wrong(key, "must be a number or a list of three");
    return value->get<std::array<double, 3>>();
  }
  int length(std::string_view key, const json& value) const {
    constexpr std::int64_t kLongest = 1 << 16;
    if (!value.is_number_integer() || value.get<std::int64_t>() < 1 || value.get<std::int64_t>() > kLongest)
      throw wrong(key, fmt::format("must hold lengths from 1 to {}, not {}", kLongest, value.dump()));
    return value.get<int>();
  }
  ImageSize pair(std::string_view key, const json& value) const {
    if (!value.is_array() || value.size() != 2) throw wrong(key, "must hold [height, width]");
    return {length(key, value[0]), length(key, value[1])};
  }

 private:
  const json& object_;
  std::string file_;
};

void read_size(const Reader& reader, ImageProcessorConfig& config) {
  const auto* size = reader.find("size");
  if (!size) {
    config.size = ImageSize{384, 384};
  } else if (size->is_number()) {
    const int edge = reader.length("size", *size);
    if (reader.boolean("default_to_square", false))
      config.size = ImageSize{edge, edge};
    else
      config.shortest_edge = edge;
  } else if (size->is_array()) {
    config.size = reader.pair("size", *size);
  } else if (size->is_object() && size->size() == 2 && size->contains("height") && size->contains("width")) {
    config.size = ImageSize{reader.length("size", (*size)["height"]), reader.length("size", (*size)["width"])};
  } else if (size->is_object() && size->size() == 1 && size->contains("shortest_edge")) {
    config.shortest_edge = reader.length("size", (*size)["shortest_edge"]);
  } else {
    throw reader.wrong("size",
                       "must be {height, width} or {shortest_edge}; others are not supported, it is " + size->dump());
  }
}

std::vector<ImageSize> read_pinpoints(const Reader& reader) {
  constexpr int kDefaultTile = 384, kDefaultGrid = 6;
  constexpr const char* kKey = "image_grid_pinpoints";
  std::vector<ImageSize> pinpoints;
  if (const auto* value = reader.find(kKey)) {
    if (!value->is_array() || value->empty()) throw reader.wrong(kKey, "must be a list of [height, width]");
    for (const auto& entry : *value) pinpoints.push_back(reader.pair(kKey, entry));
    return pinpoints;
  }
  for (int rows = 1; rows <= kDefaultGrid; ++rows)
    for (int columns = 1; columns <= kDefaultGrid; ++columns)
      pinpoints.push_back({rows * kDefaultTile, columns * kDefaultTile});
  return pinpoints;
}

/// The numbers of PIL.Image.Resampling.
media::Resample read_resample(const Reader& reader) {
  using enum media::Resample;
  constexpr std::array kByNumber{nearest, lanczos, bilinear, bicubic, box, hamming};
  const auto* value = reader.find("resample");
  if (!value) return bicubic;
  if (!value->is_number_integer() || value->get<std::int64_t>() < 0 ||
      value->get<std::int64_t>() >= static_cast<std::int64_t>(kByNumber.size()))
    throw reader.wrong("resample", "must be a number of PIL.Image.Resampling (0 to 5), not " + value->dump());
  return kByNumber[value->get<std::size_t>()];
}

void refuse_unsupported(const Reader& reader, const json& object) {
  const auto* type = reader.given("image_processor_type");
  if (!type) type = reader.given("feature_extractor_type");
  if (type) {
    const auto name = type->is_string() ? type->get<std::string>() : type->dump();
    if (name != "LlavaOnevisionImageProcessor" && name != "LlavaOnevisionImageProcessorFast" &&
        name != "LlavaOnevisionImageProcessorPil")
      throw reader.wrong("image_processor_type", "is " + name + ", only LlavaOnevisionImageProcessor is supported");
  }
  if (reader.boolean("do_center_crop", false)) throw reader.wrong("do_center_crop", "is not supported");
  if (reader.given("crop_size")) throw reader.wrong("crop_size", "is not supported");
  for (const auto& [key, value] : object.items()) {
    const bool known = std::find(kWithoutEffect.begin(), kWithoutEffect.end(), key) != kWithoutEffect.end() ||
                       std::find(kUnderstood.begin(), kUnderstood.end(), key) != kUnderstood.end();
    if (!known && !value.is_null()) throw reader.wrong(key, "is not a known key of the image processor");
  }
}

json parse(const std::filesystem::path& file) {
  try {
    auto parsed = json::parse(read_file(file));
    if (!parsed.is_object()) throw errors::model("{}: must hold a JSON object", file.string());
    return parsed;
  } catch (const json::parse_error& error) {
    throw errors::model("{}: not valid JSON: {}", file.string(), error.what());
  }
}

/// The object and the file it came from.
std::pair<json, std::filesystem::path> find_config(const std::filesystem::path& folder) {
  const auto nested = folder / "processor_config.json", own = folder / "preprocessor_config.json";
  if (std::filesystem::exists(nested)) {
    auto parsed = parse(nested);
    if (parsed.contains("image_processor") && parsed["image_processor"].is_object())
      return {std::move(parsed["image_processor"]), nested};
  }
  if (!std::filesystem::exists(own))
    throw errors::model("{}: no preprocessor_config.json there, so pictures cannot be made ready for the model",
                        folder.string());
  return {parse(own), own};
}

}  // namespace

ImageProcessorConfig load_image_processor_config(const std::filesystem::path& folder) {
  const auto [object, file] = find_config(folder);
  const Reader reader(object, file.string());
  refuse_unsupported(reader, object);
  ImageProcessorConfig config;
  config.file = file.string();
  read_size(reader, config);
  config.grid_pinpoints = read_pinpoints(reader);
  config.resample = read_resample(reader);
  config.resize = reader.boolean("do_resize", true);
  config.rescale = reader.boolean("do_rescale", true);
  config.normalize = reader.boolean("do_normalize", true);
  reader.boolean("do_convert_rgb", true);  // pictures are decoded to RGB: either value does the same
  config.rescale_factor = reader.number("rescale_factor", 1.0 / 255);
  config.mean = reader.channels("image_mean", kClipMean);
  config.std = reader.channels("image_std", kClipStd);
  return config;
}

}  // namespace lmms_eval::local
