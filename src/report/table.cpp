#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/key_values.h"
#include "base/text.h"

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;
using Row = std::vector<std::string>;

constexpr std::string_view kNotAvailable = "N/A";

// Suffixes of metric names that become columns of the metric's row, in column order.
struct FoldedColumn {
  const char* suffix;
  const char* header;
};
constexpr FoldedColumn kFoldedColumns[] = {
    {"_stderr", "Stderr"},        {"_stderr_clt", "Stderr_CLT"}, {"_stderr_clustered", "Stderr_Clustered"},
    {"_expected_accuracy", "EA"}, {"_consensus_accuracy", "CA"}, {"_internal_variance", "IV"},
    {"_consistency_rate", "CR"}};
constexpr std::size_t kFixedColumns = 8;  // Tasks .. Stderr

std::string cell(const Json& value) {
  if (value.is_null()) return std::string(kNotAvailable);
  if (value.is_number_float()) return fmt::format("{:.4f}", value.get<double>());
  if (value.is_string())
    return value.get<std::string>().empty() ? std::string(kNotAvailable) : value.get<std::string>();
  return value.dump();
}

std::string arrow(const Json& document, const std::string& name, const std::string& metric) {
  const auto& better = document["higher_is_better"];
  if (!better.contains(name) || !better[name].contains(metric) || !better[name][metric].is_boolean()) return "";
  return better[name][metric].get<bool>() ? "↑" : "↓";
}

struct DocCounts {
  std::int64_t answered = 0;
  std::int64_t requested = 0;
};

/// Of a task, or of the tasks of a group that have the metric ("exact_match,none").
DocCounts doc_counts(const Json& document, const std::string& name, const std::string& metric) {
  DocCounts counts;
  if (document["n-samples"].contains(name)) {
    if (!document["results"].contains(name) || !document["results"][name].contains(metric)) return counts;
    const auto& samples = document["n-samples"][name];
    return {samples["answered"].get<std::int64_t>(), samples["effective"].get<std::int64_t>()};
  }
  if (!document.contains("group_subtasks") || !document["group_subtasks"].contains(name)) return counts;
  for (const auto& member : document["group_subtasks"][name]) {
    const auto of_member = doc_counts(document, member.get<std::string>(), metric);
    counts.answered += of_member.answered;
    counts.requested += of_member.requested;
  }
  return counts;
}

std::string docs_cell(const Json& document, const std::string& name, const std::string& metric) {
  const auto [answered, requested] = doc_counts(document, name, metric);
  return requested == 0 ? std::string(kNotAvailable) : fmt::format("{}/{} docs", answered, requested);
}

/// A metric key "name,filter" that has a row of its own.
bool is_value_key(const std::string& key) {
  const auto comma = key.find(',');
  if (comma == key.npos) return false;
  const std::string_view metric = std::string_view(key).substr(0, comma);
  return std::none_of(std::begin(kFoldedColumns), std::end(kFoldedColumns),
                      [&](const FoldedColumn& column) { return metric.ends_with(column.suffix); });
}

void add_rows(const Json& document, const std::string& name, const Json& entry, std::vector<Row>& rows) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : entry.items())
    if (is_value_key(key)) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  const std::string shots = document["n-shot"].contains(name) ? document["n-shot"][name].dump() : "";
  const std::string alias = entry["alias"].get<std::string>();
  if (keys.empty()) {
    Row row(kFixedColumns + std::size(kFoldedColumns), "");
    row[0] = alias;
    row[2] = shots;
    for (std::size_t i = kFixedColumns; i < row.size(); ++i) row[i] = kNotAvailable;
    rows.push_back(std::move(row));
  }
  for (const auto& key : keys) {
    const auto comma = key.rfind(',');
    const std::string metric = key.substr(0, comma), filter = key.substr(comma + 1);
    Row row = {alias, filter, shots, metric, arrow(document, name, metric), cell(entry[key]), "±"};
    for (const auto& column : kFoldedColumns) {
      const std::string folded_key = metric + column.suffix + "," + filter;
      row.push_back(entry.contains(folded_key) ? cell(entry[folded_key]) : std::string(kNotAvailable));
    }
    row.push_back(docs_cell(document, name, key));
    rows.push_back(std::move(row));
  }
}

std::string table_of(const Json& document, const std::string& first_header, const Json& entries, bool incomplete) {
  std::vector<std::string> headers = {first_header, "Filter", "n-shot", "Metric", "", "Value", ""};
  for (const auto& column : kFoldedColumns) headers.push_back(column.header);
  headers.push_back("Docs");
  std::vector<Row> rows;
  for (const auto& [name, entry] : entries.items()) add_rows(document, name, entry, rows);
  // Columns after Stderr are hidden while no cell has a value; Docs while everything was scored.
  for (std::size_t column = headers.size(); column-- > kFixedColumns;) {
    const bool is_docs = headers[column] == "Docs";
    const bool empty =
        std::all_of(rows.begin(), rows.end(), [&](const Row& row) { return row[column] == kNotAvailable; });
    if (!(empty || (is_docs && !incomplete))) continue;
    headers.erase(headers.begin() + static_cast<std::ptrdiff_t>(column));
    for (auto& row : rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(column));
  }
  return markdown_table(headers, rows);
}

std::size_t display_width(const std::string& text) { return count_code_points(text); }

std::string padded(const std::string& text, std::size_t width, char align) {
  const std::size_t space = width - std::min(width, display_width(text));
  const std::size_t left = align == 'r' ? space : align == 'c' ? space / 2 : 0;
  return std::string(left, ' ') + text + std::string(space - left, ' ');
}

bool is_number(const std::string& text) { return python_float(text).has_value(); }

/// Decimals of a number without its trailing zeros.
std::size_t needed_decimals(const std::string& text) {
  const auto dot = text.find('.');
  if (dot == text.npos) return 0;
  const auto last = text.find_last_not_of('0');
  return last <= dot ? 0 : last - dot;
}

}  // namespace

std::string markdown_table(const std::vector<std::string>& headers,
                           const std::vector<std::vector<std::string>>& input) {
  auto rows = input;
  std::string head = "|", rule = "|";
  std::vector<std::size_t> widths;
  std::vector<bool> numeric;
  for (std::size_t column = 0; column < headers.size(); ++column) {
    bool all_numbers = !rows.empty(), any_number = false;
    std::size_t decimals = 0;
    for (const auto& row : rows) {
      const std::string& text = row[column];
      if (text.empty()) continue;  // empty cells take no part in the column's type
      any_number = true;
      all_numbers &= is_number(text);
      if (all_numbers) decimals = std::max(decimals, needed_decimals(text));
    }
    numeric.push_back(all_numbers && any_number);
    std::size_t width = std::max<std::size_t>(3, display_width(headers[column]));
    for (auto& row : rows) {
      if (numeric[column] && !row[column].empty())
        row[column] = fmt::format("{:.{}f}", *python_float(row[column]), decimals);
      width = std::max(width, display_width(row[column]));
    }
    widths.push_back(width);
    head += padded(headers[column], width, 'c') + "|";
    rule += numeric[column] ? std::string(width - 1, '-') + ":|" : std::string(width, '-') + "|";
  }
  std::string text = head + "\n" + rule + "\n";
  for (const auto& row : rows) {
    text += "|";
    for (std::size_t column = 0; column < headers.size(); ++column)
      text += padded(row[column], widths[column], numeric[column] ? 'r' : 'l') + "|";
    text += "\n";
  }
  return text;
}

std::string results_table(const Results& results) {
  return table_of(*results.document, "Tasks", (*results.document)["results"], !results.complete);
}

std::string groups_table(const Results& results) {
  if (!results.document->contains("groups")) return {};
  return table_of(*results.document, "Groups", (*results.document)["groups"], !results.complete);
}

}  // namespace lmms_eval
