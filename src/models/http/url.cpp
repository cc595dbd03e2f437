#include "models/http/url.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"

namespace lmms_eval::http {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      result += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

bool may_be_shown(std::string_view name) { return name == "api-version" || name == "api_version"; }

/// Calls `body(name, value)` for each pair of a query.
template <typename Body>
void for_each_pair(std::string_view query, Body&& body) {
  for (const auto& pair : split(query, '&')) {
    const auto equals = pair.find('=');
    body(std::string_view(pair).substr(0, equals),
         equals == pair.npos ? std::string_view() : std::string_view(pair).substr(equals + 1));
  }
}

/// The port behind the last colon of "host:port" or "[::1]:port" is a number that a port can have, or absent.
bool has_good_port(std::string_view host) {
  const auto bracket = host.rfind(']');
  const auto colon = host.rfind(':');
  if (colon == host.npos || (bracket != host.npos && colon < bracket)) return true;
  const std::string_view port = host.substr(colon + 1);
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && number >= 1 && number <= 65535;
}

}  // namespace

Url Url::parse(std::string_view given, std::string_view what) {
  const std::string_view typed = trim(given);
  const auto scheme_end = typed.find("://");
  const std::string scheme = scheme_end == typed.npos ? std::string() : to_lower(typed.substr(0, scheme_end));
  // The text is not repeated here: what does not parse may still hold a password.
  if (scheme != "http" && scheme != "https") throw errors::usage("{}: it must start with http:// or https://", what);
  Url url;
  url.scheme = scheme;
  std::string_view rest = typed.substr(scheme_end + 3);
  rest = rest.substr(0, rest.find('#'));
  const auto authority_end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, authority_end);
  rest.remove_prefix(authority_end);
  if (const auto at = authority.rfind('@'); at != authority.npos) {
    url.credentials = authority.substr(0, at);
    const auto colon = url.credentials.find(':');
    const std::string password = colon == std::string::npos ? url.credentials : url.credentials.substr(colon + 1);
    register_secret(password);
    register_secret(percent_decoded(password));
    authority.remove_prefix(at + 1);
  }
  url.host = authority;
  if (url.host.empty() || url.host.find_first_of(" \t\r\n") != std::string::npos)
    throw errors::usage("{}: it names no host", what);
  if (!has_good_port(url.host)) throw errors::usage("{}: the port must be a number from 1 to 65535", what);
  const auto question = rest.find('?');
  url.path = percent_decoded(rest.substr(0, question));
  while (!url.path.empty() && url.path.back() == '/') url.path.pop_back();
  if (std::any_of(url.path.begin(), url.path.end(), [](unsigned char c) { return std::iscntrl(c) || c == ' '; }))
    throw errors::usage("{}: its path holds a space or a control character", what);
  if (question != rest.npos) url.query = rest.substr(question + 1);
  for_each_pair(url.query, [](std::string_view name, std::string_view value) {
    if (!may_be_shown(name)) register_secret(value);
  });
  return url;
}

Url Url::with_suffix(std::string_view suffix) const {
  Url url = *this;
  url.path += suffix;
  return url;
}

std::string Url::text() const {
  std::string text = scheme + "://";
  if (!credentials.empty()) text += credentials + "@";
  text += host + path;
  if (!query.empty()) text += "?" + query;
  return text;
}

std::string Url::shown() const {
  std::string text = scheme + "://" + host + path;
  if (query.empty()) return text;
  std::vector<std::string> pairs;
  for_each_pair(query, [&](std::string_view name, std::string_view value) {
    pairs.push_back(std::string(name) + "=" + (may_be_shown(name) ? std::string(value) : "[REDACTED]"));
  });
  return text + "?" + join(pairs, "&");
}

}  // namespace lmms_eval::http
