#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "support/openai_server/server.h"

namespace {

nlohmann::json read_json(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  return nlohmann::json::parse(file);
}

}  // namespace

int main(int argc, char** argv) try {
  openai_server::Options options;
  std::string answers, script;
  int first_status = 0, first_count = 0;
  std::string retry_after;
  CLI::App app{
      "A chat completions server for tests, on 127.0.0.1. Prints its port, serves until SIGTERM or the end of its "
      "input."};
  bool until_end_of_input = false;
  app.add_option("--port", options.port, "0: any free one");
  app.add_option("--latency-ms", options.latency_ms, "time from request to answer");
  app.add_option("--answer", options.answer, "the answer to everything");
  app.add_option("--answers", answers, "JSON object: sha256 of the first image's bytes -> answer");
  app.add_option("--script", script,
                 "JSON list of rules, e.g. [{\"fault\": \"status\", \"status\": 503, \"times\": 2}]");
  app.add_option("--fail-first", first_count, "so many requests fail at first");
  app.add_option("--fail-status", first_status, "with this status (500)");
  app.add_option("--retry-after", retry_after, "and this Retry-After");
  app.add_option("--require-key", options.api_key, "401 for any other key");
  app.add_flag("--until-eof", until_end_of_input,
               "stop at the end of standard input, so that no server outlives its test");
  CLI11_PARSE(app, argc, argv);
  if (!answers.empty()) options.answers = read_json(answers).get<std::map<std::string, std::string>>();
  if (!script.empty()) options.rules = openai_server::rules_from_json(read_json(script));
  if (first_count > 0) {
    openai_server::Rule rule;
    rule.status = first_status ? first_status : 500;
    rule.times = first_count;
    rule.retry_after = retry_after;
    options.rules.push_back(rule);
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  openai_server::Server server(options);
  std::printf("%d\n", server.port());
  std::fflush(stdout);
  if (until_end_of_input) {
    std::string line;
    while (std::getline(std::cin, line)) {
    }
    return 0;
  }
  int received = 0;
  sigwait(&signals, &received);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "openai_test_server: %s\n", error.what());
  return 1;
}
