#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "lmms_eval/result_sink.h"
#include "report/output_paths.h"

namespace lmms_eval {

/// Writes one samples file per task while the run goes on.
///
/// Docs finish in any order: lines are appended to `<file>.partial` as they come (a killed run keeps them), and at the
/// end the file is put into the order of filters and docs under its own name. Holds 16 bytes a line, not the lines.
class LMMS_EVAL_API SamplesFile final : public ResultSink {
 public:
  explicit SamplesFile(OutputPaths paths) : paths_(std::move(paths)) {}

  bool wants_samples() const override { return true; }
  void sample(const Sample& sample) override;
  void finish(const Results&) override { close_all(); }
  void abort() override;

  /// The files that are finished, in task order; of others the `.partial` file is kept.
  std::vector<std::filesystem::path> files() const { return files_; }

 private:
  struct Line {
    std::int64_t doc_id;
    std::uint32_t length;
    std::uint32_t filter_index;
  };
  struct Open {
    AppendFile partial;
    std::vector<Line> lines;
  };

  void close_all();
  void close(const std::string& task, Open& open);

  OutputPaths paths_;
  std::map<std::string, Open> open_;
  std::vector<std::filesystem::path> files_;
};

}  // namespace lmms_eval
