#include "models/local/torch/device.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>

#include <charconv>

#include "models/local/torch/pch.h"

namespace lmms_eval::local {
namespace {

/// How many GPUs the driver knows, without loading any of torch's CUDA libraries.
int driver_gpus() {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!driver) return 0;
  const auto initialise = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
  const auto count_devices = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDeviceGetCount"));
  int count = 0;
  if (!initialise || !count_devices || initialise(0) != 0 || count_devices(&count) != 0) return 0;
  return count;
}

/// Opens libtorch_cuda.so beside libtorch_cpu.so; an empty text on success, else the loader's reason.
std::string open_cuda_library() {
  Dl_info here{};
  if (!dladdr(reinterpret_cast<const void*>(&at::globalContext), &here) || !here.dli_fname)
    return "libtorch_cpu.so was not found";
  const auto library = std::filesystem::path(here.dli_fname).parent_path() / "libtorch_cuda.so";
  if (dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL)) return {};
  return dlerror();
}

/// Why a GPU cannot be used; empty when it can.
std::string cuda_trouble() {
  if (driver_gpus() == 0) return "the driver (libcuda.so.1) finds no GPU";
  const auto trouble = open_cuda_library();
  if (!trouble.empty()) return trouble + "; `tools/deps --cuda` adds the CUDA libraries";
  if (!at::detail::getCUDAHooks().hasCUDA()) return "libtorch_cuda finds no usable GPU";
  return {};
}

/// The N of "cuda:N", 0 for "cuda", nothing for other texts.
std::optional<int> gpu_index(const std::string& asked) {
  if (asked == "cuda") return 0;
  if (!asked.starts_with("cuda:")) return std::nullopt;
  int index = 0;
  const char* end = asked.data() + asked.size();
  const auto [stop, error] = std::from_chars(asked.data() + 5, end, index);
  if (error != std::errc() || stop != end || index < 0) return std::nullopt;
  return index;
}

}  // namespace

at::Device choose_device(const std::string& asked) {
  if (asked == "cpu") return at::kCPU;
  if (asked.empty()) {
    const bool present = driver_gpus() > 0;
    const auto trouble = present ? cuda_trouble() : std::string("no GPU found");
    if (!trouble.empty()) {
      spdlog::info("device: cpu ({})", trouble);
      return at::kCPU;
    }
    spdlog::info("device: cuda:0");
    return at::Device(at::kCUDA, 0);
  }
  const auto index = gpu_index(asked);
  if (!index) throw errors::usage("--device {}: unknown device (known: cpu, cuda, cuda:N)", asked);
  const auto trouble = cuda_trouble();
  if (!trouble.empty()) throw errors::usage("--device {}: no usable GPU: {}", asked, trouble);
  const int count = at::detail::getCUDAHooks().deviceCount();
  if (*index >= count) throw errors::usage("--device {}: there are {} GPUs, numbered from 0", asked, count);
  return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(*index));
}

}  // namespace lmms_eval::local
