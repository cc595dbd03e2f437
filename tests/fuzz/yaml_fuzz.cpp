// A task YAML of any text: a config whose every field can be asked for, or one clear error. The scanner of the index,
// which does not parse, must say what the parser says.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "lmms_eval/error.h"
#include "tasks/task_config.h"
#include "yaml/yaml_file.h"
#include "yaml/yaml_scan.h"

namespace {

/// In memory where the system has such a folder: a file for each input.
const std::filesystem::path& input_file() {
  static const std::filesystem::path path = [] {
    const std::filesystem::path memory = "/dev/shm";
    const auto folder = std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    return folder / ("lmms_eval_fuzz_" + std::to_string(::getpid()) + ".yaml");
  }();
  static const bool removed_at_exit = std::atexit([] { std::filesystem::remove(input_file()); }) == 0;
  (void)removed_at_exit;
  return path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::ofstream(input_file(), std::ios::binary) << text;
  const auto scanned = lmms_eval::scan_keys(text);
  try {
    lmms_eval::YamlFile file = lmms_eval::YamlFile::load(input_file());
    const auto& value = file.value;
    if (scanned && value.contains("task") && value["task"].is_string() &&
        scanned->task.kind == lmms_eval::ScannedValue::Kind::text && scanned->task.text() != value["task"])
      std::abort();
    const lmms_eval::TaskConfig config(std::move(file), {});
    (void)config.text("output_type");
  } catch (const lmms_eval::Error& error) {
    if (std::string_view(error.what()).empty()) std::abort();
  }
  return 0;
}
