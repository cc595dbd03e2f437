#include "cli/integrity.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/errors.h"

namespace lmms_eval::cli {
namespace {

std::size_t check_doc(Task& task, std::int64_t id) {
  const Doc doc = task.doc(id);
  const auto requests = task.build_requests(doc);
  if (requests.empty()) throw errors::data("no request could be built");
  if (task.target(doc).is_null()) throw errors::data("its target is null");
  for (const auto& request : requests)
    for (const auto& message : request.messages)
      for (const auto& part : message.parts)
        if (part.media && part.media->bytes().empty())
          throw errors::data("its {} is empty", to_string(part.media->kind()));
  return requests.size();
}

void check_node(const TaskNode& node, std::vector<std::string>& lines) {
  for (const auto& member : node.members) check_node(member, lines);
  if (!node.task) return;
  const std::int64_t docs = node.task->num_docs();
  if (docs == 0) throw errors::data("integrity of task {}: its split has no docs", node.name);
  std::size_t requests = 0;
  for (std::int64_t id = 0; id < docs; ++id) {
    requests += errors::with_context(fmt::format("while checking doc {} of task {}", id, node.name),
                                     [&] { return check_doc(*node.task, id); });
  }
  lines.push_back(
      fmt::format("integrity of task {}: {} docs, {} requests, all well-formed", node.name, docs, requests));
}

}  // namespace

std::vector<std::string> check_integrity(const SimpleEvaluateOptions& options) {
  const TaskManager manager(options.include_paths);
  std::vector<std::string> lines;
  for (const auto& node : manager.load(options.tasks, options.overrides)) check_node(node, lines);
  return lines;
}

}  // namespace lmms_eval::cli
