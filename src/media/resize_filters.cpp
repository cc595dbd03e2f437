#include "media/resize_filters.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/errors.h"

namespace lmms_eval::media {
namespace {

// Filter curves, in doubles and in the order of operations of Pillow's Resample.c: a last bit can decide a rounding.

double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

double bilinear(double x) {
  x = std::fabs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

/// The two constants are single precision there.
double hamming(double x) {
  x = std::fabs(x);
  if (x == 0.0) return 1.0;
  if (x >= 1.0) return 0.0;
  x = x * std::numbers::pi;
  return std::sin(x) / x * (0.54f + 0.46f * std::cos(x));
}

double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x = x * std::numbers::pi;
  return std::sin(x) / x;
}

double lanczos(double x) { return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

struct Curve {
  double (*value)(double);
  double support;
};

Curve curve_of(Resample filter) {
  switch (filter) {
    case Resample::box: return {box, 0.5};
    case Resample::bilinear: return {bilinear, 1.0};
    case Resample::hamming: return {hamming, 1.0};
    case Resample::bicubic: return {bicubic, 2.0};
    case Resample::lanczos: return {lanczos, 3.0};
    case Resample::nearest: break;
  }
  throw errors::internal("axis_weights: nearest has no weights");
}

std::int32_t fixed_point(double weight) {
  return static_cast<std::int32_t>((weight < 0 ? -0.5 : 0.5) + weight * (1 << kWeightBits));
}

}  // namespace

AxisWeights axis_weights(int in_size, int out_size, Resample filter) {
  const auto curve = curve_of(filter);
  const double scale = static_cast<double>(in_size) / out_size;
  const double filter_scale = std::max(scale, 1.0);
  const double support = curve.support * filter_scale;
  const double inverse = 1.0 / filter_scale;

  AxisWeights axis;
  axis.taps = static_cast<int>(std::ceil(support)) * 2 + 1;
  axis.first.resize(out_size);
  axis.count.resize(out_size);
  axis.weights.resize(static_cast<std::size_t>(out_size) * axis.taps);
  std::vector<double> values(axis.taps);
  for (int out = 0; out < out_size; ++out) {
    const double center = (out + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - support + 0.5), 0);
    const int count = std::min(static_cast<int>(center + support + 0.5), in_size) - first;
    double sum = 0.0;
    for (int i = 0; i < count; ++i) {
      values[i] = curve.value((i + first - center + 0.5) * inverse);
      sum += values[i];
    }
    auto* weights = &axis.weights[static_cast<std::size_t>(out) * axis.taps];
    for (int i = 0; i < count; ++i) weights[i] = fixed_point(sum != 0.0 ? values[i] / sum : values[i]);
    axis.first[out] = first;
    axis.count[out] = count;
  }
  return axis;
}

}  // namespace lmms_eval::media
