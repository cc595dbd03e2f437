#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/python_random.h"
#include "data/dataset.h"
#include "lmms_eval/task.h"

namespace lmms_eval {

/// Chooses the examples of a doc. `default` draws as Python's random.Random(seed).sample does, one stream per task,
/// advanced doc by doc; `first_n` takes the first. The evaluated doc is never its own example.
class FewshotSampler {
 public:
  /// `same_split`: examples come from the evaluated split, so the doc itself must be left out.
  FewshotSampler(std::shared_ptr<data::Split> split, bool first_n, bool same_split, std::optional<std::int64_t> seed);

  /// Throws Error{usage} when the split has too few docs for `count` examples.
  void require(int count, const std::string& task, const std::string& split) const;
  /// REQUIRES require(count, ...) to pass.
  std::vector<Doc> examples(std::int64_t doc_id, int count);

 private:
  std::size_t drawn_for(int count) const { return static_cast<std::size_t>(count) + (same_split_ ? 1 : 0); }

  std::shared_ptr<data::Split> split_;
  bool first_n_;
  bool same_split_;
  PythonRandom random_;
};

/// A question and its answer, ready to be laid out.
struct Turn {
  std::vector<MediaRef> media;
  std::string question;
  std::string answer;
};

struct PromptLayout {
  std::string system;  ///< system instruction and description
  std::string target_delimiter;
  std::string fewshot_delimiter;
  std::string gen_prefix;
  bool multiturn = false;  ///< examples as turns of their own
};

/// The messages of a request: an optional system turn, the examples, the question. In one user turn each question is
/// followed by the target delimiter and each answer by the few-shot delimiter; media stand before their own question.
std::vector<Message> layout_messages(const PromptLayout& layout, const std::vector<Turn>& examples,
                                     const Turn& question);

/// system_instruction and description, joined by the few-shot delimiter only if neither has white space at the join.
std::string join_system(const std::string& instruction, const std::string& description, const std::string& delimiter);

}  // namespace lmms_eval
