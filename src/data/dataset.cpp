#include "data/dataset.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"
#include "data/data_files.h"

namespace lmms_eval::data {
namespace {

using Json = nlohmann::ordered_json;

// What says how to fetch a data set has no meaning for local files.
const std::vector<std::string> kOfTheHub = {"token",       "trust_remote_code", "revision", "num_proc",
                                            "max_retries", "local_files_only",  "cache_dir"};
const std::vector<std::string> kTexts = {"data_dir", "field", "delimiter", "sep"};

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

void check_kwargs(const DataSource& source) {
  std::vector<std::string> known = kTexts;
  known.insert(known.end(), kOfTheHub.begin(), kOfTheHub.end());
  known.emplace_back("data_files");
  for (const auto& [key, value] : source.kwargs.items()) {
    if (key == "load_from_disk" && value != Json(false))
      throw errors::config(
          "{}: dataset_kwargs.load_from_disk is not supported in this version; write the data set as Parquet",
          source.where);
    if (key == "load_from_disk") continue;
    if (!contains(known, key))
      throw errors::config("{}: dataset_kwargs.{} is not supported in this version{}", source.where, key,
                           did_you_mean(key, known));
    if (contains(kTexts, key) && !value.is_string())
      throw errors::config("{}: dataset_kwargs.{} must be a text", source.where, key);
  }
}

char delimiter_of(const DataSource& source, const std::string& of_data_set) {
  for (const char* key : {"delimiter", "sep"}) {
    if (!source.kwargs.contains(key)) continue;
    const std::string text = source.kwargs[key].get<std::string>();
    if (text.size() != 1) throw errors::config("{}: dataset_kwargs.{} must be one character", source.where, key);
    return text[0];
  }
  return of_data_set.empty() ? ',' : of_data_set[0];
}

}  // namespace

std::unique_ptr<Split> open_split(const DataSource& source, const std::string& split, std::size_t kept_bytes) {
  check_kwargs(source);
  const SplitFiles found = find_split_files(source, split);
  return errors::with_context("while opening split '" + split + "' of " + source.where,
                              [&]() -> std::unique_ptr<Split> {
                                if (found.format == "parquet") return open_parquet(found.files, kept_bytes);
                                if (found.format == "csv")
                                  return open_csv(found.files, delimiter_of(source, found.separator));
                                return open_json(found.files, source.kwargs.value("field", std::string()));
                              });
}

}  // namespace lmms_eval::data
