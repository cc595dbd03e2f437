// The user's guide in C++: subclass LM, evaluate.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "lmms_eval/error.h"
#include "lmms_eval/evaluate.h"

namespace {

/// Says 7 to everything.
class AlwaysSeven final : public lmms_eval::LM {
 public:
  lmms_eval::ModelInfo info() const override {
    lmms_eval::ModelInfo info;
    info.name = "always_seven";
    return info;
  }
  std::vector<lmms_eval::Response> generate_until(std::span<const lmms_eval::Request> requests) override {
    return std::vector<lmms_eval::Response>(requests.size(), lmms_eval::Response::answer("7"));
  }
  std::size_t batch_size() const override { return 16; }
};

}  // namespace

int main() {
  try {
    AlwaysSeven model;
    const lmms_eval::TaskManager manager;
    const auto results = lmms_eval::evaluate(model, manager.load({"digits"}, {}), {});
    const auto& row = (*results.document)["results"]["digits"];
    std::printf("%s %.6f\n", results.complete ? "complete" : "incomplete", row["exact_match,none"].get<double>());
    return results.complete ? 0 : 1;
  } catch (const lmms_eval::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
