#include "base/errors.h"

namespace lmms_eval {

Error::~Error() = default;

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return "usage";
    case ErrorKind::config:
      return "config";
    case ErrorKind::data:
      return "data";
    case ErrorKind::model:
      return "model";
    case ErrorKind::network:
      return "network";
    case ErrorKind::output:
      return "output";
    case ErrorKind::internal:
      return "internal";
  }
  return "unknown";
}

const char* Error::what() const noexcept {
  try {
    text_ = message_;
    for (const auto& where : context_) text_ += " (" + where + ")";
    return text_.c_str();
  } catch (...) {
    return message_.c_str();
  }
}

void Error::add_context(std::string where) { context_.push_back(std::move(where)); }

}  // namespace lmms_eval
