#pragma once

#include <fmt/format.h>

#include <exception>
#include <string>
#include <utility>

namespace lmms_eval::tmpl {

/// An error inside a template before its place is known; `Template` turns it into an Error{config} with name, line and
/// column. Never leaves the module.
class Failure : public std::exception {
 public:
  explicit Failure(std::string message) : message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& message() const { return message_; }

 private:
  std::string message_;
};

/// `throw failure("'{}' is undefined", name)`
template <typename... Args>
Failure failure(fmt::format_string<Args...> format, Args&&... args) {
  return Failure(fmt::format(format, std::forward<Args>(args)...));
}

/// The text given to raise_exception(), which is passed on as it is.
class RaisedByTemplate : public Failure {
 public:
  using Failure::Failure;
};

}  // namespace lmms_eval::tmpl
