#pragma once

#include <cstddef>
#include <cstdint>

namespace lmms_eval::media {

/// The inner loops of a resize, compiled for plain x86-64 and for AVX2 and chosen when first used. All arithmetic is on
/// integers, so every variant gives the same bytes.
struct ResizeKernels {
  /// One output row of a horizontal pass over pixels of 1, 3 or 4 channels. `row` must be readable and `out` writable for one
  /// byte beyond its last pixel.
  void (*horizontal)(const std::uint8_t* row, std::uint8_t* out, int out_width, int channels, const int* first,
                     const int* count, const std::int32_t* weights, int taps);
  /// One output row of a vertical pass: the weighted sum of `count` rows of `row_bytes` bytes each, one after another.
  void (*vertical)(const std::uint8_t* rows, std::uint8_t* out, std::size_t row_bytes, int count,
                   const std::int32_t* weights);
};

const ResizeKernels& resize_kernels();

}  // namespace lmms_eval::media
