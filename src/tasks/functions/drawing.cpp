// doc_to_visual: draw, a picture with a box or a polygon of the doc drawn on it.
#include <map>

#include "base/errors.h"
#include "base/text.h"
#include "media/draw.h"
#include "tasks/functions/function.h"

namespace lmms_eval::functions {
namespace {

media::Color color_argument(const Arguments& arguments, const std::string& otherwise) {
  static const std::map<std::string, media::Color> kNamed = {
      {"red", {255, 0, 0}},      {"green", {0, 128, 0}},     {"lime", {0, 255, 0}}, {"blue", {0, 0, 255}},
      {"yellow", {255, 255, 0}}, {"white", {255, 255, 255}}, {"black", {0, 0, 0}}};
  const std::string name = arguments.text("color", otherwise);
  if (const auto found = kNamed.find(name); found != kNamed.end()) return found->second;
  const bool hex =
      name.size() == 7 && name[0] == '#' && name.find_first_not_of("0123456789abcdefABCDEF", 1) == name.npos;
  if (!hex) {
    std::vector<std::string> names;
    for (const auto& [known, color] : kNamed) names.push_back(known);
    throw arguments.wrong("color", "'" + name + "' must be #rrggbb or one of " + join(names, ", "));
  }
  const auto value = std::stoul(name.substr(1), nullptr, 16);
  return {static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 8),
          static_cast<std::uint8_t>(value)};
}

std::vector<double> numbers_in(const Doc& doc, const std::string& column) {
  const auto found = doc.fields().find(column);
  const auto refuse = [&] {
    return errors::data("doc {}: column '{}' holds no list of numbers (doc_to_visual)", doc.id(), column);
  };
  if (found == doc.fields().end() || !found->is_array()) throw refuse();
  std::vector<double> numbers;
  for (const auto& item : *found) {
    if (!item.is_number()) throw refuse();
    numbers.push_back(item.get<double>());
  }
  return numbers;
}

/// x, y, x, y, …; as shares of the picture's size where `normalized`.
std::vector<media::Point> points_in(const Doc& doc, const std::string& column, const media::Image& image,
                                    bool normalized) {
  const auto numbers = numbers_in(doc, column);
  if (numbers.size() % 2 != 0)
    throw errors::data("doc {}: column '{}' holds {} numbers, which are no points (doc_to_visual)", doc.id(), column,
                       numbers.size());
  std::vector<media::Point> points;
  for (std::size_t i = 0; i < numbers.size(); i += 2)
    points.push_back({numbers[i] * (normalized ? image.width : 1), numbers[i + 1] * (normalized ? image.height : 1)});
  return points;
}

struct Drawing {
  std::string column, box, polygon;
  bool sized, normalized;
  int width;
  media::Color color;

  void on(media::Image& image, const Doc& doc) const {
    const auto points = points_in(doc, box.empty() ? polygon : box, image, normalized);
    if (box.empty()) return media::draw_polygon(image, points, color);
    if (points.size() != 2) throw errors::data("doc {}: column '{}' holds no box of four numbers", doc.id(), box);
    media::Point corner = points[1];
    if (sized) corner = {points[0].x + corner.x, points[0].y + corner.y};
    media::draw_rectangle(image, points[0], corner, color, width);
  }
};

VisualFunction draw(const Arguments& arguments) {
  if (arguments.has("box") == arguments.has("polygon"))
    throw arguments.wrong(arguments.has("box") ? "polygon" : "box",
                          "needs either `box` or `polygon`, a column of numbers");
  const std::string form = arguments.text("form", "xywh");
  if (form != "xywh" && form != "xyxy") throw arguments.wrong("form", "must be xywh or xyxy, not '" + form + "'");
  const auto width = arguments.integer("width").value_or(1);
  if (width < 1 || width > 100) throw arguments.wrong("width", "must be from 1 to 100");
  // Pillow's own default for a polygon is white.
  const Drawing drawing{arguments.text("column", "image"),
                        arguments.text("box"),
                        arguments.text("polygon"),
                        form == "xywh",
                        arguments.flag("normalized"),
                        static_cast<int>(width),
                        color_argument(arguments, arguments.has("box") ? "red" : "white")};
  if (!drawing.polygon.empty() && width != 1)
    throw arguments.wrong("width", "is for a box; a polygon's lines are one pixel wide");
  return [drawing](const Doc& doc, const DataPlace&) -> std::vector<MediaRef> {
    if (!doc.has_media(drawing.column))
      throw errors::data("doc {} has no picture in column '{}' (doc_to_visual)", doc.id(), drawing.column);
    std::vector<MediaRef> visuals;
    for (const auto& medium : doc.media(drawing.column)) {
      auto image = media::decode_rgb(medium.bytes(), medium.name());
      drawing.on(image, doc);
      visuals.push_back(MediaRef::from_bytes(MediaKind::image, media::encode_png(image), ""));
    }
    return visuals;
  };
}

const Registration kDraw{{"draw",
                          {"doc_to_visual"},
                          {{"column", Type::text},
                           {"box", Type::text},
                           {"polygon", Type::text},
                           {"form", Type::text},
                           {"normalized", Type::boolean},
                           {"color", Type::text},
                           {"width", Type::integer}},
                          draw}};

}  // namespace
}  // namespace lmms_eval::functions
