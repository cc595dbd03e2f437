// What is in each YAML file named on standard input, its includes followed: a JSON line each.
#include <iostream>
#include <string>

#include "lmms_eval/error.h"
#include "yaml/yaml_file.h"

int main() {
  for (std::string path; std::getline(std::cin, path);) {
    nlohmann::ordered_json line;
    try {
      line["value"] = lmms_eval::YamlFile::load(path).value;
    } catch (const lmms_eval::Error& error) {
      line["error"] = error.what();
    }
    std::cout << line.dump() << "\n";
  }
}
