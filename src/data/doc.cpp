#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/hash.h"
#include "base/python_json.h"
#include "lmms_eval/task.h"

namespace lmms_eval {

Doc::Doc(std::int64_t id, nlohmann::ordered_json fields, std::map<std::string, std::vector<MediaRef>> media)
    : id_(id), fields_(std::make_shared<const nlohmann::ordered_json>(std::move(fields))), media_(std::move(media)) {}

std::span<const MediaRef> Doc::media(const std::string& column) const {
  const auto found = media_.find(column);
  if (found == media_.end()) throw errors::data("doc {} has no media column '{}'", id_, column);
  return found->second;
}

std::string Doc::hash() const { return sha256_hex(python_dumps(*fields_, {.indent = 2})); }

}  // namespace lmms_eval
