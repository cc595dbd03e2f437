#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/python_random.h"
#include "data/dataset.h"
#include "lmms_eval/task.h"

namespace lmms_eval {

/// Where examples come from and which of them are taken.
struct FewshotSource {
  std::shared_ptr<data::Split> split;
  std::string name;                               ///< "split 'train'", for messages
  std::optional<std::vector<std::int64_t>> rows;  ///< only these rows of it
  bool first_n = false;                           ///< the first ones, not drawn ones
  /// One more is drawn, and the evaluated doc is taken out by its row: examples come from the evaluated split.
  bool drop_own_row = false;
  /// One more is drawn, and what equals the evaluated doc is taken out: lm-eval's rule.
  bool drop_equal = false;
  /// lmms-eval 0.7's rule: one more is drawn only where `one_more`, and what is taken out may leave too few.
  bool as_lmms_eval_07 = false;
  bool one_more = false;

  bool draws_one_more() const { return as_lmms_eval_07 ? one_more : drop_own_row || drop_equal; }
};

/// Chooses the examples of a doc. Drawn ones are those of Python's random.Random(seed).sample, one stream per task,
/// advanced doc by doc.
class FewshotSampler {
 public:
  FewshotSampler(FewshotSource source, std::optional<std::int64_t> seed);

  /// Throws Error{usage} when there are too few docs for `count` examples.
  void require(int count, const std::string& task) const;
  /// True if the examples come from this split and the evaluated doc may be one of them.
  bool draws_from(const std::string& split) const {
    return source_.name == "split '" + split + "'" && !source_.drop_own_row && !source_.drop_equal;
  }
  /// REQUIRES require(count, task) to pass. Throws Error{data} when too few docs differ from the evaluated one.
  std::vector<Doc> examples(const Doc& doc, int count);

 private:
  std::int64_t pool_size() const;
  Doc pool_doc(std::size_t index) const;
  bool is_own(const Doc& doc, const Doc& example) const;
  std::vector<Doc> drawn_from_others(const Doc& doc, std::size_t count);

  FewshotSource source_;
  PythonRandom random_;
};

/// A question and, of an example, its answer; ready to be laid out.
struct Turn {
  std::vector<MediaRef> media;
  std::string question;
  std::optional<std::string> answer;  ///< nothing: no delimiter for it either
  std::string gen_prefix;             ///< how the answer begins
  std::string target_delimiter;
  std::string fewshot_delimiter;  ///< after the answer
  std::vector<Part> parts;        ///< media and question as doc_to_messages lays them out; else media come first
};

/// The messages of a request: an optional system turn, the examples, the question. In one user turn (`multiturn` false)
/// each question is followed by the target delimiter and each answer by the few-shot delimiter; media stand before
/// their own question. A gen_prefix of the question is a begun answer: a last message by the assistant.
std::vector<Message> layout_messages(const std::string& system, const std::vector<Turn>& examples, const Turn& question,
                                     bool multiturn);

/// Two texts, with the delimiter between them only if neither is empty or has white space at the join.
std::string join_delimited(const std::string& first, const std::string& second, const std::string& delimiter);

}  // namespace lmms_eval
