#include "report/results_file.h"

#include "base/atomic_file.h"
#include "base/python_json.h"

namespace lmms_eval {

void write_results_file(const nlohmann::ordered_json& document, const OutputPaths& paths) {
  const std::string text = paths.one_line ? python_dumps(document) + "\n" : python_dumps(document, {.indent = 2});
  write_file_atomically(paths.results, text);
}

}  // namespace lmms_eval
