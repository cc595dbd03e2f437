// The files of splits: for each JSON line {path, name, splits} on standard input a line {split: [file, ...] or "an
// error"}.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "data/data_files.h"
#include "lmms_eval/error.h"

int main() {
  for (std::string text; std::getline(std::cin, text);) {
    const auto line = nlohmann::ordered_json::parse(text);
    lmms_eval::data::DataSource source;
    source.path = line["path"];
    source.name = line["name"];
    source.where = "asked.yaml:1";
    nlohmann::ordered_json answer = nlohmann::ordered_json::object();
    for (const std::string split : line["splits"]) {
      try {
        answer[split] = nlohmann::ordered_json::array();
        for (const auto& file : find_split_files(source, split).files) answer[split].push_back(file.string());
      } catch (const lmms_eval::Error& error) {
        answer[split] = error.what();
      }
    }
    std::cout << answer.dump() << "\n";
  }
}
