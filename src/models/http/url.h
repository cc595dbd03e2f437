#pragma once

#include <string>
#include <string_view>

#include "lmms_eval/export.h"

namespace lmms_eval::http {

/// The parts of an http or https URL, and the form in which it may be shown: credentials and keys never are.
struct LMMS_EVAL_API Url {
  std::string scheme;       ///< "http" or "https"
  std::string credentials;  ///< "user:password", empty when there are none
  std::string host;         ///< with the port: "127.0.0.1:8000", "[::1]:80"
  std::string path;         ///< "/v1", without a slash at its end; may be empty
  std::string query;        ///< without '?'

  /// `%xx` is decoded and slashes at the end of the path are cut, as lmms-eval does. Passwords and query values become
  /// known secrets (see register_secret). Throws Error{usage} that starts with `what` when it is no http(s) URL.
  static Url parse(std::string_view text, std::string_view what);

  /// The same place with `suffix` ("/chat/completions") behind the path, and the query kept.
  Url with_suffix(std::string_view suffix) const;
  /// What is sent.
  std::string text() const;
  /// What may be shown and stored: without credentials, and with query values replaced, but for api-version.
  std::string shown() const;
};

}  // namespace lmms_eval::http
