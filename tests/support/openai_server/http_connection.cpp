#include "support/openai_server/http_connection.h"

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
    case 200: return "OK";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "Status";
  }
}

}  // namespace

bool HttpMessage::keep_alive() const {
  const auto connection = headers.find("connection");
  return connection == headers.end() || lower(connection->second) != "close";
}

bool RequestReader::read_head() {
  const auto end = buffer_.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const std::string_view text = std::string_view(buffer_).substr(0, end);
  HttpMessage head;
  std::size_t line_end = text.find("\r\n");
  const std::string_view first = text.substr(0, line_end);
  const auto space = first.find(' ');
  const auto second_space = first.find(' ', space + 1);
  if (space == first.npos || second_space == first.npos) {
    malformed_ = true;
    return false;
  }
  head.method = first.substr(0, space);
  head.target = first.substr(space + 1, second_space - space - 1);
  while (line_end != text.npos) {
    const std::size_t begin = line_end + 2;
    line_end = text.find("\r\n", begin);
    const std::string_view line = text.substr(begin, line_end == text.npos ? text.npos : line_end - begin);
    const auto colon = line.find(':');
    if (colon != line.npos) head.headers[lower(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
  }
  body_size_ = 0;
  if (const auto length = head.headers.find("content-length"); length != head.headers.end())
    std::from_chars(length->second.data(), length->second.data() + length->second.size(), body_size_);
  expects_continue_ = head.headers.count("expect") != 0;
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

std::string http_response(int status, std::string_view content_type, std::string_view body, std::string_view more_headers) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " ";
  text.append(reason_phrase(status)).append("\r\nContent-Type: ").append(content_type);
  text.append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n");
  text.append(more_headers).append("\r\n").append(body);
  return text;
}

}  // namespace openai_server
