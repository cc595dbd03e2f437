#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/openai_server/behaviour.h"

namespace openai_server {

struct Stats {
  std::int64_t requests = 0;  ///< chat completions asked for
  std::int64_t in_flight = 0;
  std::int64_t max_in_flight = 0;
  std::int64_t connections = 0;  ///< accepted since the start
  std::string last_body;
  std::string last_head;  ///< as HttpMessage::head
  std::string last_target;

  std::map<std::string, std::string> last_headers() const { return parse_headers(last_head); }
  nlohmann::json to_json() const;
};

/// An HTTP/1.1 server on 127.0.0.1: POST …/chat/completions, GET …/models, GET /stats. One thread, one epoll; tens of
/// thousands of requests a second. Serves from the constructor to the destructor.
class Server {
 public:
  /// Throws std::runtime_error when the port is taken.
  explicit Server(Options options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const { return port_; }
  std::string base_url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }
  Stats stats() const;
  /// Other faults from the next request on; what was counted for the old ones is forgotten.
  void set_rules(std::vector<Rule> rules);
  /// Every body so far, in order of arrival (Options::record_bodies).
  std::vector<std::string> bodies() const;

 private:
  struct Loop;

  void serve();

  Options options_;
  int listener_ = -1;
  int wake_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;  // over all below
  Stats stats_;
  std::vector<std::string> bodies_;
  std::optional<std::vector<Rule>> new_rules_;
  std::thread thread_;
};

}  // namespace openai_server
