#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lmms_eval/export.h"

namespace lmms_eval {

/// What went wrong, which decides the exit code: usage errors (a flag, value, model or task name) exit 2, all others 1.
enum class ErrorKind {
  usage,     ///< the command line: unknown flag, value, model or task
  config,    ///< a file the user wrote: task YAML, --config, a template
  data,      ///< docs and media: missing column, corrupt Parquet, undecodable image
  model,     ///< weights, tokenizer, generation
  network,   ///< a server or the way to it
  output,    ///< a file we write: results, samples, cache
  internal,  ///< our own fault
};

/// The name of a kind as shown to people ("usage", "data", ...).
LMMS_EVAL_API std::string_view to_string(ErrorKind kind);

/// The one exception type of the library: a kind, one line that says what is wrong, where and what to do, and a stack
/// of contexts ("while loading task mme") added on the way up. Only main turns it into text and an exit code.
///
/// Inside the project messages are built with the format helpers of base/errors.h.
class LMMS_EVAL_API Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}
  ~Error() override;

  ErrorKind kind() const { return kind_; }
  /// The message alone.
  const std::string& message() const { return message_; }
  /// Outermost context last.
  const std::vector<std::string>& context() const { return context_; }
  /// The message followed by its contexts in parentheses, one line.
  const char* what() const noexcept override;

  /// Adds where it happened, called while the error travels up: "while building requests of task mme".
  void add_context(std::string where);

 private:
  ErrorKind kind_;
  std::string message_;
  std::vector<std::string> context_;
  mutable std::string text_;
};

}  // namespace lmms_eval
