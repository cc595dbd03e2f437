// Answers tests/parity/test_filters.py: a JSON object a line, {"function", "arguments", "doc", "responses"}; writes
// what the filter makes of the responses, or {"error": …}.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "filters/filter.h"
#include "lmms_eval/error.h"

int main() {
  using lmms_eval::filters::Json;
  for (std::string line; std::getline(std::cin, line);) {
    try {
      const Json test = Json::parse(line);
      const auto step =
          lmms_eval::filters::make_step(test["function"], test.value("arguments", Json::object()), "test.yaml:1");
      std::cout << step(test["responses"], test.value("doc", Json::object())).dump() << "\n";
    } catch (const lmms_eval::Error& error) {
      std::cout << Json{{"error", error.what()}}.dump() << "\n";
    }
  }
}
