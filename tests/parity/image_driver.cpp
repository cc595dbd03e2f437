// Decodes, resizes, encodes and processes pictures as asked, for tests that compare the bytes with Pillow and
// transformers.
//
// Reads one JSON object a line from stdin, answers with one JSON object a line. Pixels travel in files of raw bytes.
//   {"op": "decode", "in": FILE, "out": RAW}                        -> {"width", "height", "channels"}
//   {"op": "probe", "in": FILE}                                     -> {"width", "height", "bytes"}
//   {"op": "resize", "image": IMAGE, "to": [w, h], "filter": NAME, "out": RAW} -> {}
//   {"op": "encode", "image": IMAGE, "format": NAME, "quality": Q, "out": FILE} -> {}
//   {"op": "process", "folder": DIR, "image": IMAGE, "multi": bool, "tiles": RAW, "pixels": RAW}
//                                         -> {"count", "tile": [h, w], "original": [h, w], "duplicate", "tile_size"}
//   {"op": "select", "original": [h, w], "candidates": [[h, w], ...]} -> {"best": [h, w]}
// IMAGE: {"raw": RAW, "width", "height", "channels"}. What fails answers {"error": text, "kind": kind}.
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "lmms_eval/error.h"
#include "media/image.h"
#include "models/local/image_processor.h"

namespace {

using namespace lmms_eval;
using local::ImageSize;
using media::Image;
using nlohmann::json;

void write_raw(const std::string& file, const void* bytes, std::size_t count) {
  std::ofstream(file, std::ios::binary).write(static_cast<const char*>(bytes), static_cast<std::streamsize>(count));
}

Image image_of(const json& spec) {
  const auto bytes = read_file(spec.at("raw").get<std::string>());
  return {spec.at("width"), spec.at("height"), spec.at("channels"), {bytes.begin(), bytes.end()}};
}

json pair_of(ImageSize size) { return {size.height, size.width}; }

ImageSize size_of(const json& pair) { return {pair.at(0), pair.at(1)}; }

json decode(const json& spec) {
  const auto file = spec.at("in").get<std::string>();
  const auto image = media::decode_rgb(read_file(file), file);
  write_raw(spec.at("out"), image.data.data(), image.data.size());
  return {{"width", image.width}, {"height", image.height}, {"channels", image.channels}};
}

json probe(const json& spec) {
  const auto file = spec.at("in").get<std::string>();
  const auto image = media::probe_image(read_file(file), file);
  return {{"width", image.width}, {"height", image.height}, {"bytes", image.data.size()}};
}

json resize(const json& spec) {
  static const std::map<std::string, media::Resample> filters{
      {"nearest", media::Resample::nearest}, {"bilinear", media::Resample::bilinear},
      {"bicubic", media::Resample::bicubic}, {"lanczos", media::Resample::lanczos},
      {"box", media::Resample::box},         {"hamming", media::Resample::hamming}};
  const auto image = media::resize(image_of(spec.at("image")), spec.at("to").at(0), spec.at("to").at(1),
                                   filters.at(spec.at("filter").get<std::string>()));
  write_raw(spec.at("out"), image.data.data(), image.data.size());
  return json::object();
}

json encode(const json& spec) {
  const auto image = image_of(spec.at("image"));
  const auto format = spec.at("format").get<std::string>();
  const auto bytes = format == "png"    ? media::encode_png(image)
                     : format == "jpeg" ? media::encode_jpeg(image, spec.at("quality"))
                                        : media::encode_webp(image, spec.at("quality"));
  write_raw(spec.at("out"), bytes.data(), bytes.size());
  return json::object();
}

json process(const json& spec) {
  const auto processor = local::LlavaOnevisionImageProcessor::load(spec.at("folder").get<std::string>());
  const auto image = image_of(spec.at("image"));
  const bool multi = spec.at("multi");
  std::string tiles;
  for (const auto& tile : processor.tiles(image, multi)) tiles.append(tile.data.begin(), tile.data.end());
  write_raw(spec.at("tiles"), tiles.data(), tiles.size());
  const auto processed = processor.process(image, multi);
  write_raw(spec.at("pixels"), processed.pixels.data(), processed.pixels.size() * sizeof(float));
  return {{"count", processed.tiles},
          {"tile", pair_of(processed.tile)},
          {"original", pair_of(processed.original)},
          {"duplicate", processed.duplicate_tile},
          {"tile_size", pair_of(processor.tile_size())}};
}

json select(const json& spec) {
  std::vector<ImageSize> candidates;
  for (const auto& candidate : spec.at("candidates")) candidates.push_back(size_of(candidate));
  return {{"best", pair_of(local::select_best_resolution(size_of(spec.at("original")), candidates))}};
}

json answer(const json& spec) {
  static const std::map<std::string, json (*)(const json&)> operations{{"decode", decode},   {"probe", probe},
                                                                       {"resize", resize},   {"encode", encode},
                                                                       {"process", process}, {"select", select}};
  try {
    return operations.at(spec.at("op").get<std::string>())(spec);
  } catch (const Error& error) {
    return {{"error", error.what()}, {"kind", to_string(error.kind())}};
  }
}

}  // namespace

int main() {
  try {
    for (std::string line; std::getline(std::cin, line);) std::cout << answer(json::parse(line)).dump() << std::endl;
  } catch (const std::exception& error) {
    std::cerr << "image_driver: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
