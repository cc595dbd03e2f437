#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/config_file.h"
#include "cli/flags.h"
#include "cli/listings.h"
#include "cli/run.h"
#include "lmms_eval/evaluate.h"

namespace lmms_eval::cli {
namespace {

constexpr int kUsageStatus = 2;
constexpr int kFailureStatus = 1;

std::atomic<bool> interrupted = false;

extern "C" void on_interrupt(int) {
  // The first Ctrl-C lets what is in flight finish; the second ends at once.
  if (interrupted) _exit(130);
  interrupted = true;
  request_stop();
  static constexpr char kText[] =
      "\nstopping: what is in flight is finished and kept; press Ctrl-C again to end at once\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kText, sizeof kText - 1);
}

void remember_secrets_of_environment() {
  for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "OPENAI_API_KEY", "AZURE_OPENAI_API_KEY",
                           "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "WANDB_API_KEY", "SWANLAB_API_KEY"})
    if (const char* value = std::getenv(name)) register_secret(value);
}

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

int run_one(const std::vector<std::string>& arguments) {
  const RunOptions options = parse_flags(arguments);
  set_up_logging(options.verbosity);
  if (is_task_listing(options.tasks)) {
    print(task_listing(options.tasks, options.include_paths()));
    return 0;
  }
  return run_evaluation(options);
}

/// Says what is wrong in one line; returns the exit status.
int report(const std::exception& problem) {
  const auto* error = dynamic_cast<const Error*>(&problem);
  fmt::print(stderr, "lmms_eval: {}{}\n", error ? "" : "unexpected error: ", redact(one_line(problem.what(), 2000)));
  return error && error->kind() == ErrorKind::usage ? kUsageStatus : kFailureStatus;
}

/// One of several evaluations: the others run whatever becomes of it.
int run_and_report(const std::vector<std::string>& arguments) {
  try {
    return run_one(arguments);
  } catch (const std::exception& problem) {
    return report(problem);
  }
}

int evaluate_command(const std::vector<std::string>& arguments) {
  const RunOptions options = parse_flags(arguments);
  if (options.config.empty()) return run_one(arguments);
  set_up_logging(options.verbosity);
  int status = 0;
  const auto runs = read_config_file(options.config);
  for (std::size_t i = 0; i < runs.size() && !interrupted; ++i) {
    // The command line comes last, so it wins.
    std::vector<std::string> merged = runs[i];
    merged.insert(merged.end(), arguments.begin(), arguments.end());
    if (runs.size() > 1) spdlog::info("--config: evaluation {} of {}", i + 1, runs.size());
    status = std::max(status, runs.size() > 1 ? run_and_report(merged) : run_one(merged));
  }
  return status;
}

bool asks_for(const std::vector<std::string>& arguments, std::initializer_list<const char*> flags) {
  for (const auto& argument : arguments)
    for (const char* flag : flags)
      if (argument == flag) return true;
  return false;
}

int dispatch(std::vector<std::string> arguments) {
  if (arguments.empty() || asks_for(arguments, {"-h", "--help"})) {
    print(help_text());
    return 0;
  }
  if (asks_for(arguments, {"--version"})) {
    print(version_text());
    return 0;
  }
  const std::string command = arguments.front();
  if (command.starts_with("-")) return evaluate_command(arguments);
  arguments.erase(arguments.begin());
  if (command == "eval") {
    if (arguments.empty()) throw errors::usage("eval: needs flags, at least --model and --tasks; see --help");
    return evaluate_command(arguments);
  }
  if (command == "tasks") return print(tasks_command(arguments)), 0;
  if (command == "models") return print(models_command(arguments)), 0;
  if (command == "version") return print(version_text()), 0;
  for (const char* refused : {"ui", "serve", "power", "mcp"})
    if (command == refused) throw errors::usage("{}: not supported in this version", command);
  const std::vector<std::string> commands = {"eval", "tasks", "models", "version"};
  throw errors::usage("{}: no such command{} (commands: {}; flags begin with --)", command,
                      did_you_mean(command, commands), join(commands, ", "));
}

int run_main(int argc, char** argv) {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  if (std::signal(SIGHUP, on_interrupt) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);  // nohup
  remember_secrets_of_environment();
  try {
    set_up_logging("INFO");
    const int status = dispatch({argv + 1, argv + argc});
    // An earlier flush may have failed: ferror remembers it.
    if (std::fflush(stdout) != 0 || std::ferror(stdout)) throw errors::output("cannot write to standard output");
    return status;
  } catch (const std::exception& problem) {
    return report(problem);
  }
}

}  // namespace
}  // namespace lmms_eval::cli

int main(int argc, char** argv) { return lmms_eval::cli::run_main(argc, argv); }
