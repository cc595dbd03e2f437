#include "support/openai_server/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <queue>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace openai_server {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kReadSize = 256 * 1024;

struct Connection {
  int fd = -1;
  std::uint64_t id = 0;
  RequestReader reader;
  std::string out;
  bool close_after_write = false;
  bool busy = false;     // a reply is due; requests behind it wait
  bool counted = false;  // it is one of the requests in flight
  bool wants_write = false;
};

struct Due {
  Clock::time_point at;
  std::uint64_t connection = 0;
  Reply reply;
  bool operator<(const Due& other) const { return at > other.at; }  // the earliest on top
};

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

nlohmann::json Stats::to_json() const {
  return {{"requests", requests},       {"in_flight", in_flight}, {"max_in_flight", max_in_flight},
          {"connections", connections}, {"last_body", last_body}, {"last_headers", last_headers()},
          {"last_target", last_target}};
}

/// The state of the serving thread.
struct Server::Loop {
  explicit Loop(Server& server)
      : server(server), behaviour(server.options_), epoll(epoll_create1(0)), buffer(kReadSize, '\0') {
    watch(server.listener_, 0, EPOLLIN, EPOLL_CTL_ADD);
    watch(server.wake_, 1, EPOLLIN, EPOLL_CTL_ADD);
  }
  ~Loop() {
    for (const auto& [id, connection] : connections) ::close(connection->fd);
    ::close(epoll);
  }

  void watch(int fd, std::uint64_t id, std::uint32_t events, int operation) const {
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    epoll_ctl(epoll, operation, fd, &event);
  }

  void accept_all() {
    while (true) {
      const int fd = accept4(server.listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      auto connection = std::make_unique<Connection>();
      connection->fd = fd;
      connection->id = next_id++;
      watch(fd, connection->id, EPOLLIN, EPOLL_CTL_ADD);
      connections.emplace(connection->id, std::move(connection));
      std::lock_guard lock(server.mutex_);
      ++server.stats_.connections;
    }
  }

  void drop(Connection& connection) {
    if (connection.counted) count_done(connection);
    ::close(connection.fd);
    connections.erase(connection.id);
  }

  void count_done(Connection& connection) {
    connection.counted = false;
    std::lock_guard lock(server.mutex_);
    --server.stats_.in_flight;
  }

  /// False when the connection is gone.
  bool read(Connection& connection) {
    while (true) {
      const ssize_t count = recv(connection.fd, buffer.data(), buffer.size(), 0);
      if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return drop(connection), false;
      if (count < 0) break;
      connection.reader.append(buffer.data(), static_cast<std::size_t>(count));
      if (static_cast<std::size_t>(count) < buffer.size()) break;
    }
    return handle_next(connection);
  }

  bool handle_next(Connection& connection) {
    if (connection.busy) return true;
    auto request = connection.reader.next();
    if (connection.reader.malformed()) {
      connection.out += http_response(400, "text/plain", "not an HTTP request");
      connection.close_after_write = true;
      return write(connection);
    }
    if (!request) {
      if (!connection.reader.take_expect_continue()) return true;
      connection.out += "HTTP/1.1 100 Continue\r\n\r\n";
      return write(connection);
    }
    connection.busy = true;
    connection.close_after_write = !request->keep_alive();
    return route(connection, std::move(*request));
  }

  bool route(Connection& connection, HttpMessage request) {
    const std::string path = request.target.substr(0, request.target.find('?'));
    if (request.method == "POST" && ends_with(path, "/chat/completions")) return chat(connection, std::move(request));
    if (request.method == "GET" && ends_with(path, "/models"))
      return send(connection, {http_response(200, "application/json",
                                             R"({"object":"list","data":[{"id":"test-model","object":"model"}]})")});
    if (request.method == "GET" && path == "/stats")
      return send(connection, {http_response(200, "application/json", server.stats().to_json().dump())});
    return send(connection, {http_response(404, "application/json", R"({"error":{"message":"no such path"}})")});
  }

  void take_new_rules() {
    std::lock_guard lock(server.mutex_);
    if (server.new_rules_) behaviour.set_rules(*std::exchange(server.new_rules_, std::nullopt));
  }

  bool chat(Connection& connection, HttpMessage request) {
    take_new_rules();
    Reply reply = behaviour.chat_completion(request);
    {
      std::lock_guard lock(server.mutex_);
      Stats& stats = server.stats_;
      ++stats.requests;
      stats.max_in_flight = std::max(stats.max_in_flight, ++stats.in_flight);
      stats.last_head = std::move(request.head);
      stats.last_target = std::move(request.target);
      if (server.options_.record_bodies) server.bodies_.push_back(request.body);
      stats.last_body = std::move(request.body);
    }
    connection.counted = true;
    if (reply.hang) return true;
    const int delay_ms = server.options_.latency_ms + reply.delay_ms;
    if (delay_ms == 0) return send(connection, std::move(reply));
    due.push({Clock::now() + std::chrono::milliseconds(delay_ms), connection.id, std::move(reply)});
    return true;
  }

  bool send(Connection& connection, Reply reply) {
    if (connection.counted) count_done(connection);
    connection.out += reply.bytes;
    connection.close_after_write |= reply.close;
    connection.busy = false;
    return write(connection) && handle_next(connection);
  }

  bool write(Connection& connection) {
    while (!connection.out.empty()) {
      const ssize_t count = ::send(connection.fd, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
      if (count < 0 && errno != EAGAIN && errno != EINTR) return drop(connection), false;
      if (count < 0) break;
      connection.out.erase(0, static_cast<std::size_t>(count));
    }
    if (connection.out.empty() && connection.close_after_write && !connection.busy) return drop(connection), false;
    const bool wants_write = !connection.out.empty();
    if (wants_write != connection.wants_write) {
      connection.wants_write = wants_write;
      watch(connection.fd, connection.id, EPOLLIN | (wants_write ? EPOLLOUT : 0u), EPOLL_CTL_MOD);
    }
    return true;
  }

  void send_due() {
    const auto now = Clock::now();
    while (!due.empty() && due.top().at <= now) {
      const auto connection = connections.find(due.top().connection);
      Reply reply = std::move(const_cast<Due&>(due.top()).reply);
      due.pop();
      if (connection != connections.end()) send(*connection->second, std::move(reply));
    }
  }

  /// Waits with the precision of the clock, so that a latency of 50 ms is not 51.
  int wait(epoll_event* events, int count) const {
    if (due.empty()) return epoll_wait(epoll, events, count, -1);
    const auto left = std::max(Clock::duration::zero(), due.top().at - Clock::now());
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
    const timespec timeout{static_cast<time_t>(nanoseconds / 1'000'000'000),
                           static_cast<long>(nanoseconds % 1'000'000'000)};
    return epoll_pwait2(epoll, events, count, &timeout, nullptr);
  }

  void run() {
    epoll_event events[256];
    while (true) {
      const int count = wait(events, 256);
      for (int i = 0; i < count; ++i) {
        const std::uint64_t id = events[i].data.u64;
        if (id == 1) return;
        if (id == 0) {
          accept_all();
          continue;
        }
        const auto connection = connections.find(id);
        if (connection == connections.end()) continue;
        if ((events[i].events & EPOLLOUT) && !write(*connection->second)) continue;
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read(*connection->second);
      }
      send_due();
    }
  }

  Server& server;
  Behaviour behaviour;
  int epoll;
  std::string buffer;
  std::uint64_t next_id = 2;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections;
  std::priority_queue<Due> due;
};

Server::Server(Options options) : options_(std::move(options)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(options_.port));
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener_, 4096) != 0) {
    const std::string reason = std::strerror(errno);
    ::close(listener_);
    throw std::runtime_error("cannot listen on port " + std::to_string(options_.port) + ": " + reason);
  }
  socklen_t size = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  wake_ = eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { serve(); });
}

Server::~Server() {
  const std::uint64_t one = 1;
  if (::write(wake_, &one, sizeof one) == sizeof one) thread_.join();
  ::close(wake_);
  ::close(listener_);
}

void Server::serve() { Loop(*this).run(); }

Stats Server::stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

void Server::set_rules(std::vector<Rule> rules) {
  std::lock_guard lock(mutex_);
  new_rules_ = std::move(rules);
}

std::vector<std::string> Server::bodies() const {
  std::lock_guard lock(mutex_);
  return bodies_;
}

}  // namespace openai_server
