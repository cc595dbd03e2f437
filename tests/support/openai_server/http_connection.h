#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace openai_server {

/// A whole HTTP/1.1 request as it arrived.
struct HttpMessage {
  std::string method;
  std::string target;
  std::string head;  ///< header lines, each behind a "\r\n"
  std::string body;

  /// The value of a header, in any case; empty when it is not there. Read on demand: most are never asked for.
  std::string_view header(std::string_view name) const;
  bool keep_alive() const;
};

/// All headers of HttpMessage::head, names in lower case.
std::map<std::string, std::string> parse_headers(std::string_view head);

/// Cuts a byte stream into requests. Knows Content-Length bodies, keep-alive and pipelining; no chunked uploads.
class RequestReader {
 public:
  void append(const char* bytes, std::size_t count) { buffer_.append(bytes, count); }
  /// The next whole request, if it is there. Sets `malformed` when the bytes are no HTTP.
  std::optional<HttpMessage> next();
  bool malformed() const { return malformed_; }
  /// True once per request that waits for "100 Continue" before it sends its body.
  bool take_expect_continue();

 private:
  bool read_head();

  std::string buffer_;
  std::optional<HttpMessage> head_;
  std::size_t body_size_ = 0;
  bool expects_continue_ = false;
  bool malformed_ = false;
};

/// Status line, Content-Length, further header lines ("Name: value\r\n"), body.
std::string http_response(int status, std::string_view content_type, std::string_view body,
                          std::string_view more_headers = {});

}  // namespace openai_server
