#include "report/samples_file.h"

#include <algorithm>
#include <exception>
#include <fstream>
#include <numeric>

#include "base/errors.h"
#include "base/log.h"

namespace lmms_eval {

namespace fs = std::filesystem;

void SamplesFile::sample(const Sample& sample) {
  const std::string& task = sample.task->name();
  auto open = open_.find(task);
  if (open == open_.end()) {
    fs::path partial = paths_.samples(task);
    partial += ".partial";
    open = open_.emplace(task, Open{AppendFile(partial), {}}).first;
  }
  open->second.partial.append(sample.json + "\n");
  open->second.lines.push_back({sample.doc_id, static_cast<std::uint32_t>(sample.json.size() + 1),
                                static_cast<std::uint32_t>(sample.filter_index)});
}

void SamplesFile::close(const std::string& task, Open& open) {
  const fs::path target = paths_.samples(task);
  const fs::path partial = open.partial.path();
  const auto before = [](const Line& a, const Line& b) {
    return a.filter_index != b.filter_index ? a.filter_index < b.filter_index : a.doc_id < b.doc_id;
  };
  if (std::is_sorted(open.lines.begin(), open.lines.end(), before)) {
    rename_file(partial, target);
    files_.push_back(target);
    return;
  }
  std::vector<std::uint64_t> offsets(open.lines.size());
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < open.lines.size(); ++i) offsets[i] = std::exchange(offset, offset + open.lines[i].length);
  std::vector<std::size_t> order(open.lines.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return before(open.lines[a], open.lines[b]); });

  fs::path sorted = target;
  sorted += ".sorted";
  std::error_code ignored;
  try {
    std::ifstream in(partial, std::ios::binary);
    AppendFile out(sorted);
    std::string buffer, line;
    for (std::size_t i : order) {
      line.resize(open.lines[i].length);
      in.seekg(static_cast<std::streamoff>(offsets[i]));
      if (!in.read(line.data(), static_cast<std::streamsize>(line.size())))
        throw errors::output("cannot read {} back", partial.string());
      buffer += line;
      if (buffer.size() > (1 << 20)) out.append(std::exchange(buffer, {}));
    }
    out.append(buffer);
    rename_file(sorted, target);
    fs::remove(partial, ignored);
  } catch (const Error& error) {
    // Sorting needs room for a second copy; without it the lines stay in the order in which they came.
    fs::remove(sorted, ignored);
    spdlog::warn("{}; the lines of {} are all there, in the order in which docs finished", error.what(),
                 target.string());
    rename_file(partial, target);
  }
  files_.push_back(target);
}

void SamplesFile::close_all() {
  std::exception_ptr first;
  while (!open_.empty()) {
    auto open = open_.extract(open_.begin());
    try {
      close(open.key(), open.mapped());
    } catch (const Error&) {
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
}

void SamplesFile::abort() {
  try {
    close_all();
    for (const auto& file : files_) spdlog::warn("the samples of the docs that were finished are in {}", file.string());
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());  // the run's own error is on its way up
  }
}

}  // namespace lmms_eval
