#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace lmms_eval::testing {

struct ProgramResult {
  int status = -1;  ///< exit status, or 128 + signal
  std::string out;
  std::string err;
  long peak_kilobytes = 0;  ///< maximum resident set
};

struct ProgramOptions {
  std::map<std::string, std::string> environment;  ///< added
  std::string directory;                           ///< working directory, empty: as it is
  std::function<void(pid_t)> while_running;        ///< called beside it, on a thread of its own; must come to an end
};

/// Runs a program to its end and keeps what it prints.
inline ProgramResult run_program(const std::vector<std::string>& arguments, const ProgramOptions& options = {}) {
  int out[2], err[2];
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  const pid_t child = fork();
  if (child == 0) {
    dup2(out[1], STDOUT_FILENO);
    dup2(err[1], STDERR_FILENO);
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    for (const auto& [name, value] : options.environment) setenv(name.c_str(), value.c_str(), 1);
    if (!options.directory.empty() && chdir(options.directory.c_str()) != 0) _exit(126);
    std::vector<char*> argv;
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(out[1]);
  close(err[1]);
  std::thread beside;
  if (options.while_running) beside = std::thread(options.while_running, child);
  ProgramResult result;
  pollfd descriptors[2] = {{out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
  std::string* texts[2] = {&result.out, &result.err};
  for (int open_count = 2; open_count > 0;) {
    poll(descriptors, 2, -1);
    for (int i = 0; i < 2; ++i) {
      if (descriptors[i].fd < 0 || descriptors[i].revents == 0) continue;
      char buffer[65536];
      const ssize_t count = read(descriptors[i].fd, buffer, sizeof buffer);
      if (count > 0) {
        texts[i]->append(buffer, static_cast<std::size_t>(count));
        continue;
      }
      close(descriptors[i].fd);
      descriptors[i].fd = -1;
      --open_count;
    }
  }
  if (beside.joinable()) beside.join();  // before the child is waited for: its number stays its own till then
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.peak_kilobytes = usage.ru_maxrss;
  return result;
}

}  // namespace lmms_eval::testing
