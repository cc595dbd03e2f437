#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "lmms_eval/task.h"
#include "tasks/doc_reader.h"
#include "tasks/fewshot.h"
#include "tasks/scorer.h"
#include "tasks/task_config.h"

namespace lmms_eval {

/// A task as its YAML says. The data set is opened on first use.
class ConfigurableTask final : public Task {
 public:
  /// `name` is how it is known in this run (a group may rename it). Throws Error{config} with file:line.
  ConfigurableTask(std::string name, TaskConfig config, TaskOverrides overrides);
  ~ConfigurableTask() override;

  const std::string& name() const override { return name_; }
  std::string alias() const override;
  std::string output_type() const override { return config_.text("output_type"); }
  std::string version() const override;
  int num_fewshot() const override;
  int repeats() const override { return repeats_; }
  std::int64_t num_docs() const override;
  Doc doc(std::int64_t id) const override;
  std::vector<Request> build_requests(const Doc& doc) override;
  std::string fewshot_leak() const override;
  nlohmann::ordered_json target(const Doc& doc) const override;
  std::vector<ScoredFilter> score(const Doc& doc, std::span<const Response> responses) const override;
  std::vector<MetricInfo> metrics() const override { return scorer_->metrics(); }
  MetricAggregate aggregate(const std::string& metric, std::span<const nlohmann::ordered_json> values,
                            int bootstrap_iters) const override;
  nlohmann::ordered_json dump_config() const override;
  Rules rules() const { return config_.rules(); }

 private:
  struct Opened;  // the data set and what depends on its columns

  void refuse_unsupported() const;
  void say_what_has_no_effect(const functions::Context& context) const;
  void apply_overrides();
  Opened& opened() const;
  std::string eval_split() const;
  /// What process_docs makes of a split.
  std::shared_ptr<data::Split> processed(std::shared_ptr<data::Split> docs, const data::DataSource& data) const;
  FewshotSource fewshot_source(const data::DataSource& data) const;
  /// Says what is wrong with fewshot_config before anything is read.
  void check_fewshot_config() const;
  Turn example(const Doc& doc) const;
  std::vector<Message> lmms_eval_messages(const Doc& doc, const std::vector<Turn>& examples,
                                          std::string question) const;
  std::vector<Message> messages_of(const Doc& doc, const std::vector<Turn>& examples,
                                   const std::string& question) const;
  bool continues_gen_prefix() const;
  Request request_of(const Doc& doc) const;
  std::vector<Request> choice_requests(const Doc& doc, const std::vector<Turn>& examples) const;
  /// The request and its repeats, under the next index.
  void add_requests(std::vector<Request>& requests, Request request) const;
  static std::string answer_text(const DocReader& reader, const Doc& doc);
  /// A text as it is, a number as the text of that choice.
  static std::string choice_text(const DocReader& reader, const Doc& doc, const nlohmann::ordered_json& value);

  std::string name_;
  TaskConfig config_;
  TaskOverrides overrides_;
  int shots_ = 0;
  int repeats_ = 1;
  GenerationOptions options_;
  std::unique_ptr<Scorer> scorer_;
  mutable std::once_flag open_once_;
  mutable std::unique_ptr<Opened> opened_;
};

}  // namespace lmms_eval
