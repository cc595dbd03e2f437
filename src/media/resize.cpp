// Pillow's resampling (libImaging/Resample.c, Geometry.c): the same coefficients, rounding and order of passes, so the
// same bytes.
#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "media/image.h"
#include "media/whole_image.h"

namespace lmms_eval::media {
namespace {

// Coefficients are fixed point with 22 bits after the point: 8 bits of a pixel, 2 of head room.
constexpr int kPrecisionBits = 32 - 8 - 2;
constexpr double kPi = 3.14159265358979323846;

double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

double triangle(double x) {
  x = std::abs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

/// Pillow's two constants are single precision.
double hamming(double x) {
  x = std::abs(x);
  if (x == 0.0) return 1.0;
  if (x >= 1.0) return 0.0;
  x *= kPi;
  return std::sin(x) / x * (0.54f + 0.46f * std::cos(x));
}

double cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= kPi;
  return std::sin(x) / x;
}

double lanczos(double x) { return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

struct Kernel {
  double (*function)(double);
  double support;
};

Kernel kernel_of(Resample filter) {
  switch (filter) {
    case Resample::box:
      return {box, 0.5};
    case Resample::bilinear:
      return {triangle, 1.0};
    case Resample::hamming:
      return {hamming, 1.0};
    case Resample::bicubic:
      return {cubic, 2.0};
    case Resample::lanczos:
      return {lanczos, 3.0};
    case Resample::nearest:
      break;
  }
  throw errors::internal("nearest has no kernel");
}

/// For each output position: the first input position, how many there are, and their weights.
struct Coefficients {
  int size = 0;  // weights kept per output position
  std::vector<int> first, count;
  std::vector<std::int32_t> weights;
};

Coefficients coefficients(int in_size, int out_size, const Kernel& kernel) {
  const double scale = static_cast<double>(in_size) / out_size;
  const double filter_scale = std::max(scale, 1.0);
  const double support = kernel.support * filter_scale;
  Coefficients result;
  result.size = static_cast<int>(std::ceil(support)) * 2 + 1;
  result.weights.resize(static_cast<std::size_t>(result.size) * static_cast<std::size_t>(out_size));
  std::vector<double> weights(static_cast<std::size_t>(result.size));
  for (int out = 0; out < out_size; ++out) {
    const double center = (out + 0.5) * scale;
    const double step = 1.0 / filter_scale;
    const int first = std::max(0, static_cast<int>(center - support + 0.5));
    const int count = std::min(in_size, static_cast<int>(center + support + 0.5)) - first;
    double sum = 0.0;
    for (int i = 0; i < count; ++i) {
      weights[static_cast<std::size_t>(i)] = kernel.function((i + first - center + 0.5) * step);
      sum += weights[static_cast<std::size_t>(i)];
    }
    for (int i = 0; i < count; ++i) {
      double weight = weights[static_cast<std::size_t>(i)];
      if (sum != 0.0) weight /= sum;
      const double scaled = weight * (1 << kPrecisionBits);
      result.weights[static_cast<std::size_t>(out) * static_cast<std::size_t>(result.size) +
                     static_cast<std::size_t>(i)] = static_cast<std::int32_t>(weight < 0 ? scaled - 0.5 : scaled + 0.5);
    }
    result.first.push_back(first);
    result.count.push_back(count);
  }
  return result;
}

std::uint8_t clip8(std::int32_t value) {
  value >>= kPrecisionBits;
  return static_cast<std::uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

template <int kChannels>
void horizontal_row(const std::uint8_t* in, std::uint8_t* out, int width, const Coefficients& table) {
  for (int x = 0; x < width; ++x) {
    const std::int32_t* weights = &table.weights[static_cast<std::size_t>(x) * static_cast<std::size_t>(table.size)];
    const std::uint8_t* pixel = in + table.first[static_cast<std::size_t>(x)] * kChannels;
    std::int32_t sums[kChannels];
    for (int c = 0; c < kChannels; ++c) sums[c] = 1 << (kPrecisionBits - 1);
    for (int i = 0; i < table.count[static_cast<std::size_t>(x)]; ++i, pixel += kChannels)
      for (int c = 0; c < kChannels; ++c) sums[c] += pixel[c] * weights[i];
    for (int c = 0; c < kChannels; ++c) *out++ = clip8(sums[c]);
  }
}

/// Rows [first_row, last_row) only: those that the vertical pass reads.
Image horizontal_pass(const Image& image, int width, const Coefficients& table, int first_row, int last_row) {
  Image out{width, last_row - first_row, image.channels, {}};
  const auto in_stride = static_cast<std::size_t>(image.width * image.channels),
             out_stride = static_cast<std::size_t>(width * image.channels);
  out.data.resize(out_stride * static_cast<std::size_t>(out.height));
  const auto row_function = image.channels == 1   ? horizontal_row<1>
                            : image.channels == 3 ? horizontal_row<3>
                                                  : horizontal_row<4>;
  for (int y = 0; y < out.height; ++y)
    row_function(image.data.data() + in_stride * static_cast<std::size_t>(y + first_row),
                 out.data.data() + out_stride * static_cast<std::size_t>(y), width, table);
  return out;
}

Image vertical_pass(const Image& image, int height, const Coefficients& table, int first_row) {
  Image out{image.width, height, image.channels, {}};
  const auto stride = static_cast<std::size_t>(image.width * image.channels);
  out.data.resize(stride * static_cast<std::size_t>(height));
  std::vector<std::int32_t> sums(stride);
  for (int y = 0; y < height; ++y) {
    std::fill(sums.begin(), sums.end(), 1 << (kPrecisionBits - 1));
    for (int i = 0; i < table.count[static_cast<std::size_t>(y)]; ++i) {
      const std::int32_t weight = table.weights[static_cast<std::size_t>(y) * static_cast<std::size_t>(table.size) +
                                                static_cast<std::size_t>(i)];
      const std::uint8_t* row =
          image.data.data() +
          stride * static_cast<std::size_t>(table.first[static_cast<std::size_t>(y)] + i - first_row);
      for (std::size_t x = 0; x < stride; ++x) sums[x] += row[x] * weight;
    }
    std::uint8_t* row = out.data.data() + stride * static_cast<std::size_t>(y);
    for (std::size_t x = 0; x < stride; ++x) row[x] = clip8(sums[x]);
  }
  return out;
}

/// Source positions of nearest: Pillow adds the step up, so its rounding errors add up too.
std::vector<int> nearest_positions(int in_size, int out_size) {
  const double step = static_cast<double>(in_size) / out_size;
  double at = step * 0.5;
  std::vector<int> positions;
  for (int i = 0; i < out_size; ++i, at += step) positions.push_back(std::min(in_size - 1, static_cast<int>(at)));
  return positions;
}

Image resize_nearest(const Image& image, int width, int height) {
  const auto xs = nearest_positions(image.width, width), ys = nearest_positions(image.height, height);
  Image out{width, height, image.channels, {}};
  out.data.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) *
                   static_cast<std::size_t>(image.channels));
  for (int y : ys)
    for (int x : xs) {
      const std::uint8_t* pixel =
          image.data.data() +
          (static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x)) *
              static_cast<std::size_t>(image.channels);
      out.data.insert(out.data.end(), pixel, pixel + image.channels);
    }
  return out;
}

/// Colours times alpha, so that invisible colours do not bleed in.
Image premultiplied(Image image) {
  for (std::size_t i = 0; i + 3 < image.data.size(); i += 4)
    for (std::size_t c = 0; c < 3; ++c) {
      const int product = image.data[i + c] * image.data[i + 3] + 128;
      image.data[i + c] = static_cast<std::uint8_t>(((product >> 8) + product) >> 8);
    }
  return image;
}

Image unpremultiplied(Image image) {
  for (std::size_t i = 0; i + 3 < image.data.size(); i += 4) {
    const int alpha = image.data[i + 3];
    if (alpha == 0 || alpha == 255) continue;
    for (std::size_t c = 0; c < 3; ++c)
      image.data[i + c] = static_cast<std::uint8_t>(std::min(255, 255 * image.data[i + c] / alpha));
  }
  return image;
}

/// Each pass rounds to 8 bits, so their order shows. Pillow 13 begins with the height where that loses more than twice
/// as many rows as the width loses columns; earlier releases always begin with the width. Found by comparing results.
bool height_first(const Image& image, int width, int height) {
  return image.height - height > 2 * std::max(image.width - width, 0);
}

Image resample(const Image& image, int width, int height, Resample filter) {
  const Kernel kernel = kernel_of(filter);
  if (height == image.height)
    return horizontal_pass(image, width, coefficients(image.width, width, kernel), 0, image.height);
  const Coefficients vertical = coefficients(image.height, height, kernel);
  if (width == image.width) return vertical_pass(image, height, vertical, 0);
  const Coefficients horizontal = coefficients(image.width, width, kernel);
  if (height_first(image, width, height))
    return horizontal_pass(vertical_pass(image, height, vertical, 0), width, horizontal, 0, height);
  const int first_row = vertical.first.front(), last_row = vertical.first.back() + vertical.count.back();
  return vertical_pass(horizontal_pass(image, width, horizontal, first_row, last_row), height, vertical, first_row);
}

}  // namespace

Image resize(const Image& image, int width, int height, Resample filter) {
  require_whole(image, "resized");
  if (width < 1 || height < 1) throw errors::data("a picture cannot be resized to {}x{}", width, height);
  if (width == image.width && height == image.height) return image;
  if (filter == Resample::nearest) return resize_nearest(image, width, height);
  if (image.channels == 4) return unpremultiplied(resample(premultiplied(image), width, height, filter));
  return resample(image, width, height, filter);
}

}  // namespace lmms_eval::media
