#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace lmms_eval::testing {

struct ImageRow {
  std::string image;  ///< encoded
  std::string question;
  std::string answer;
};

/// Columns image {bytes, path}, question, answer; `group` rows in a row group.
void write_image_parquet(const std::filesystem::path& file, const std::vector<ImageRow>& rows, int group);

/// The YAML of a task over such a file, data.parquet beside it; `fields` replace or add to its own.
std::string image_task(const std::string& name = "mine", const std::map<std::string, std::string>& fields = {});

/// `count` rows like that with pictures of 32x32 noise (about 3 kB each), written group by group.
void write_noise_parquet(const std::filesystem::path& file, int count, int group);

/// An 8x8 grey picture that depends on `seed`.
std::string tiny_png(int seed);

}  // namespace lmms_eval::testing
