#include "support/openai_server/http_connection.h"

#include <strings.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace openai_server {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

}  // namespace

std::string_view HttpMessage::header(std::string_view name) const {
  const std::string_view text = head;
  for (std::size_t at = text.find("\r\n"); at != text.npos; at = text.find("\r\n", at + 2)) {
    const std::string_view line = text.substr(at + 2);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        strncasecmp(line.data(), name.data(), name.size()) == 0)
      return trimmed(line.substr(name.size() + 1, line.find("\r\n") - name.size() - 1));
  }
  return {};
}

bool HttpMessage::keep_alive() const { return lower(header("connection")) != "close"; }

std::map<std::string, std::string> parse_headers(std::string_view head) {
  std::map<std::string, std::string> headers;
  for (std::size_t at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    const auto colon = line.find(':');
    if (colon != line.npos) headers[lower(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
  }
  return headers;
}

bool RequestReader::read_head() {
  // Told by its first byte, as real servers do: a TLS greeting has no end of a head to wait for.
  if (!buffer_.empty() && !std::isupper(static_cast<unsigned char>(buffer_.front()))) {
    malformed_ = true;
    return false;
  }
  const auto end = buffer_.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const std::string_view text = std::string_view(buffer_).substr(0, end);
  const auto line_end = std::min(text.find("\r\n"), text.size());
  const std::string_view first = text.substr(0, line_end);
  const auto space = first.find(' ');
  const auto second_space = first.find(' ', space + 1);
  if (space == first.npos || second_space == first.npos) {
    malformed_ = true;
    return false;
  }
  HttpMessage head;
  head.method = first.substr(0, space);
  head.target = first.substr(space + 1, second_space - space - 1);
  head.head = text.substr(line_end);
  body_size_ = 0;
  const std::string_view length = head.header("content-length");
  std::from_chars(length.data(), length.data() + length.size(), body_size_);
  expects_continue_ = !head.header("expect").empty();
  buffer_.erase(0, end + 4);
  buffer_.reserve(body_size_);
  head_ = std::move(head);
  return true;
}

std::optional<HttpMessage> RequestReader::next() {
  if (!head_ && !read_head()) return std::nullopt;
  if (buffer_.size() < body_size_) return std::nullopt;
  std::optional<HttpMessage> message = std::move(head_);
  head_.reset();
  if (buffer_.size() == body_size_) {
    message->body = std::move(buffer_);
    buffer_.clear();
  } else {
    message->body = buffer_.substr(0, body_size_);
    buffer_.erase(0, body_size_);
  }
  expects_continue_ = false;
  return message;
}

bool RequestReader::take_expect_continue() { return std::exchange(expects_continue_, false); }

std::string http_response(int status, std::string_view content_type, std::string_view body,
                          std::string_view more_headers) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " ";
  text.append(reason_phrase(status)).append("\r\nContent-Type: ").append(content_type);
  text.append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n");
  text.append(more_headers).append("\r\n").append(body);
  return text;
}

}  // namespace openai_server
