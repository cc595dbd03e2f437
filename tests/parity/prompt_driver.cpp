// What a task asks of each of its docs, for tests/parity/test_builders.py: `prompt_driver MODEL FILE.yaml` writes a
// JSON object a doc, {"target", "requests": [{"continuation", "parts": ["text" | {"media", "kind", "bytes"}]}]}, or
// {"error": …}. `bytes` (hex) only of media without a name.
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "lmms_eval/error.h"
#include "lmms_eval/evaluate.h"

namespace {

using Json = nlohmann::ordered_json;

std::string hex(std::string_view bytes) {
  static const char* const kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

Json part_of(const lmms_eval::Part& part) {
  if (!part.media) return part.text;
  Json media = {{"media", part.media->name()}, {"kind", to_string(part.media->kind())}};
  if (part.media->name().empty()) media["bytes"] = hex(part.media->bytes());
  return media;
}

Json parts_of(const lmms_eval::Request& request) {
  Json parts = Json::array();
  for (const auto& message : request.messages)
    for (const auto& part : message.parts) parts.push_back(part_of(part));
  return parts;
}

Json record_of(lmms_eval::Task& task, std::int64_t id) {
  const auto doc = task.doc(id);
  Json requests = Json::array();
  for (const auto& request : task.build_requests(doc))
    requests.push_back({{"continuation", request.continuation}, {"parts", parts_of(request)}});
  return {{"target", task.target(doc)}, {"requests", requests}, {"doc", doc.fields()}};
}

}  // namespace

int main(int, char** argv) {
  // Records have the standard output to themselves: whatever else is printed goes to standard error.
  std::FILE* out = fdopen(dup(STDOUT_FILENO), "w");
  dup2(STDERR_FILENO, STDOUT_FILENO);
  try {
    lmms_eval::TaskOverrides overrides;
    overrides.model_name = argv[1];
    const lmms_eval::TaskManager manager({}, false);
    const auto nodes = manager.load({argv[2]}, overrides);
    lmms_eval::Task& task = *nodes.front().task;
    for (std::int64_t id = 0; id < task.num_docs(); ++id) {
      Json record;
      try {
        record = record_of(task, id);
      } catch (const lmms_eval::Error& error) {
        record = {{"error", error.what()}};
      }
      std::fputs((record.dump() + "\n").c_str(), out);
    }
  } catch (const lmms_eval::Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  std::fclose(out);
}
