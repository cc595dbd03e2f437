#include "media/resize_kernels.h"

#include "media/resize_filters.h"

namespace lmms_eval::media {
namespace {

namespace plain {
#include "media/resize_kernels.inc"
}

#ifdef __x86_64__
#pragma GCC push_options
#pragma GCC target("avx2")
namespace avx2 {
#include "media/resize_kernels.inc"
}
#pragma GCC pop_options
#endif

}  // namespace

const ResizeKernels& resize_kernels() {
#ifdef __x86_64__
  static const ResizeKernels kernels =
      __builtin_cpu_supports("avx2") ? ResizeKernels{avx2::horizontal, avx2::vertical}
                                     : ResizeKernels{plain::horizontal, plain::vertical};
#else
  static const ResizeKernels kernels{plain::horizontal, plain::vertical};
#endif
  return kernels;
}

}  // namespace lmms_eval::media
