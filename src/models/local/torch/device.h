#pragma once

#include <c10/core/Device.h>

#include <string>

namespace lmms_eval::local {

/// The device to run on. `asked`: "cpu", "cuda", "cuda:N", or empty for a usable GPU, else the CPU; the choice for an
/// empty one is logged. libtorch_cuda is opened only where a GPU is asked for or there. Throws Error{usage} for another
/// text and for a GPU that cannot be used. Call before anything else touches CUDA in this process.
at::Device choose_device(const std::string& asked);

}  // namespace lmms_eval::local
