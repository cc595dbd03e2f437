#include "models/http/engine.h"

#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "support/openai_server/server.h"

namespace lmms_eval::http {
namespace {

using openai_server::Fault;
using openai_server::Rule;
using openai_server::Server;
using ::testing::HasSubstr;

/// Collects outcomes from the engine's thread.
class Outcomes {
 public:
  HttpEngine::Done taker() {
    return [this](HttpOutcome outcome) {
      std::lock_guard lock(mutex_);
      list_.push_back(std::move(outcome));
      changed_.notify_all();
    };
  }
  std::vector<HttpOutcome> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return list_.size() >= count; });
    return list_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<HttpOutcome> list_;
};

std::shared_ptr<HttpRequest> post(const std::string& base_url, std::string body = "{}") {
  auto request = std::make_shared<HttpRequest>();
  request->url = base_url + "/chat/completions";
  request->headers = std::make_shared<HttpHeaders>(std::vector<std::string>{"Content-Type: application/json"});
  request->body = std::move(body);
  return request;
}

HttpOutcome one(HttpEngine& engine, std::shared_ptr<HttpRequest> request) {
  Outcomes outcomes;
  engine.submit(std::move(request), outcomes.taker());
  return outcomes.wait(1)[0];
}

/// A port where nobody listens.
int closed_port() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

openai_server::Options with_rule(Rule rule) {
  openai_server::Options options;
  options.rules = {rule};
  return options;
}

TEST(HttpEngine, PostsABodyAndGivesStatusAndAnswer) {
  Server server({});
  HttpEngine engine({});
  const auto outcome = one(engine, post(server.base_url(), R"({"hello": "world"})"));
  EXPECT_TRUE(outcome.ok());
  EXPECT_EQ(outcome.status, 200);
  EXPECT_EQ(outcome.content_type, "application/json");
  EXPECT_THAT(outcome.body, HasSubstr(R"("content":"A")"));
  EXPECT_EQ(server.stats().last_body, R"({"hello": "world"})");
  EXPECT_EQ(server.stats().last_headers().count("expect"), 0u);
  EXPECT_THAT(server.stats().last_headers().at("user-agent"), HasSubstr("lmms_eval/"));
}

TEST(HttpEngine, SendsLargeBodiesWhole) {
  Server server({});
  HttpEngine engine({});
  std::string body(5'000'000, 'x');
  body.back() = 'y';
  EXPECT_EQ(one(engine, post(server.base_url(), body)).status, 200);
  EXPECT_EQ(server.stats().last_body, body);
}

TEST(HttpEngine, GetsWithoutABodyOnAHandleThatPostedBefore) {
  Server server({});
  HttpEngine engine({.max_in_flight = 1});
  EXPECT_EQ(one(engine, post(server.base_url())).status, 200);
  auto get = std::make_shared<HttpRequest>();
  get->url = server.base_url() + "/models";
  EXPECT_THAT(one(engine, get).body, HasSubstr("test-model"));
  EXPECT_EQ(one(engine, post(server.base_url())).status, 200);
  EXPECT_EQ(server.stats().connections, 1);
}

TEST(HttpEngine, KeepsAsManyInFlightAsAllowedOnAsManyConnections) {
  openai_server::Options options;
  options.latency_ms = 30;
  Server server(options);
  HttpEngine engine({.max_in_flight = 8});
  Outcomes outcomes;
  for (int i = 0; i < 100; ++i) engine.submit(post(server.base_url()), outcomes.taker());
  for (const auto& outcome : outcomes.wait(100)) EXPECT_EQ(outcome.status, 200);
  EXPECT_EQ(server.stats().max_in_flight, 8);
  EXPECT_EQ(server.stats().connections, 8);
  EXPECT_EQ(server.stats().requests, 100);
}

TEST(HttpEngine, SaysThatNobodyListens) {
  HttpEngine engine({});
  const auto outcome = one(engine, post("http://127.0.0.1:" + std::to_string(closed_port())));
  EXPECT_EQ(outcome.error, TransportError::refused);
  EXPECT_EQ(outcome.error_text, "connection refused");
  EXPECT_FALSE(outcome.ok());
}

TEST(HttpEngine, SaysThatAHostIsNotKnown) {
  HttpEngine engine({});
  EXPECT_EQ(one(engine, post("http://no-such-host.invalid/v1")).error, TransportError::unresolved);
}

/// Takes one connection, says these bytes, and hangs up.
class OneShotServer {
 public:
  explicit OneShotServer(std::string says) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    listen(fd_, 1);
    thread_ = std::thread([this, says = std::move(says)] {
      const int peer = accept(fd_, nullptr, nullptr);
      char buffer[4096];
      [[maybe_unused]] const auto heard = recv(peer, buffer, sizeof buffer, 0);
      send(peer, says.data(), says.size(), MSG_NOSIGNAL);
      close(peer);
    });
  }
  ~OneShotServer() {
    thread_.join();
    close(fd_);
  }
  std::string base_url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  int fd_;
  int port_ = 0;
  std::thread thread_;
};

TEST(HttpEngine, SaysThatAServerDoesNotSpeakTls) {
  Server server({});
  HttpEngine engine({});
  const auto outcome = one(engine, post("https://127.0.0.1:" + std::to_string(server.port())));
  EXPECT_EQ(outcome.error, TransportError::handshake) << outcome.error_text;
  EXPECT_THAT(outcome.error_text, HasSubstr("http or https?"));
}

TEST(HttpEngine, SaysThatAServerDoesNotSpeakHttp) {
  const OneShotServer server(std::string("\x15\x03\x03\x00\x02\x02\x46", 7));  // a TLS alert: unexpected message
  HttpEngine engine({});
  const auto outcome = one(engine, post(server.base_url()));
  EXPECT_EQ(outcome.error, TransportError::handshake) << outcome.error_text;
  EXPECT_THAT(outcome.error_text, HasSubstr("http or https?"));
}

TEST(HttpEngine, SaysThatAUrlIsNone) {
  HttpEngine engine({});
  EXPECT_EQ(one(engine, post("http://127.0.0.1:99999")).error, TransportError::bad_url);
}

TEST(HttpEngine, NoticesAnswersThatAreCutShort) {
  for (const auto fault : {Fault::cut_body, Fault::close}) {
    Server server(with_rule({.fault = fault}));
    HttpEngine engine({});
    EXPECT_EQ(one(engine, post(server.base_url())).error, TransportError::cut);
  }
}

TEST(HttpEngine, GivesUpAfterTheTimeout) {
  Server server(with_rule({.fault = Fault::hang}));
  HttpEngine engine({});
  auto request = post(server.base_url());
  request->timeout = std::chrono::milliseconds(100);
  const auto outcome = one(engine, request);
  EXPECT_EQ(outcome.error, TransportError::timeout);
  EXPECT_EQ(outcome.error_text, "no answer within 0.1 s");
}

TEST(HttpEngine, StopsReadingAnAnswerThatIsTooLarge) {
  openai_server::Options options;
  options.answer = std::string(3'000'000, 'x');
  Server server(options);
  HttpEngine engine({});
  auto request = post(server.base_url());
  request->max_response_bytes = 1024 * 1024;
  const auto outcome = one(engine, request);
  EXPECT_EQ(outcome.error, TransportError::too_large);
  EXPECT_EQ(outcome.error_text, "the answer is larger than 1 MB");
}

TEST(HttpEngine, ReadsRetryAfter) {
  Server server(with_rule({.status = 429, .retry_after = "7"}));
  HttpEngine engine({});
  const auto outcome = one(engine, post(server.base_url()));
  EXPECT_EQ(outcome.status, 429);
  EXPECT_EQ(outcome.retry_after_s, 7.0);
}

TEST(HttpEngine, KnowsNoRetryAfterWhereThereIsNone) {
  Server server(with_rule({.status = 503}));
  HttpEngine engine({});
  EXPECT_EQ(one(engine, post(server.base_url())).retry_after_s, std::nullopt);
}

TEST(HttpEngine, CancelsWhatWaitsAndFinishesWhatIsInFlight) {
  openai_server::Options options;
  options.latency_ms = 200;
  Server server(options);
  HttpEngine engine({.max_in_flight = 2});
  Outcomes outcomes;
  for (int i = 0; i < 10; ++i) engine.submit(post(server.base_url()), outcomes.taker());
  while (server.stats().in_flight < 2) usleep(1000);
  engine.cancel_queued();
  int answered = 0, cancelled = 0;
  for (const auto& outcome : outcomes.wait(10)) {
    answered += outcome.ok();
    cancelled += outcome.error == TransportError::cancelled;
  }
  EXPECT_EQ(answered, 2);
  EXPECT_EQ(cancelled, 8);
  EXPECT_EQ(server.stats().requests, 2);
}

TEST(HttpEngine, EndsAtOnceAndTellsEveryoneWhenItIsDestroyed) {
  Server server(with_rule({.fault = Fault::hang}));
  Outcomes outcomes;
  {
    HttpEngine engine({.max_in_flight = 2});
    for (int i = 0; i < 5; ++i) engine.submit(post(server.base_url()), outcomes.taker());
  }
  for (const auto& outcome : outcomes.wait(5)) EXPECT_EQ(outcome.error, TransportError::cancelled);
}

}  // namespace
}  // namespace lmms_eval::http
