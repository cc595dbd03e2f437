#include "data/json_keys.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lmms_eval::data {
namespace {

class KeyCollector final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit KeyCollector(std::vector<std::string>& keys) : keys_(keys) {}

  std::string problem;

  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool string(string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }
  bool start_object(std::size_t) override { return ++depth_ > 0; }
  bool end_object() override { return --depth_ >= 0; }
  bool end_array() override { return --depth_ >= 0; }
  bool start_array(std::size_t) override {
    if (!value()) return false;
    ++depth_;
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1 && std::find(keys_.begin(), keys_.end(), name) == keys_.end()) keys_.push_back(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    problem = "no valid JSON at character " + std::to_string(position);
    return false;
  }

 private:
  bool value() {
    if (depth_ > 0) return true;
    problem = "not a JSON object";
    return false;
  }

  std::vector<std::string>& keys_;
  int depth_ = 0;
};

}  // namespace

std::string add_json_keys(std::string_view text, std::vector<std::string>& keys) {
  KeyCollector collector(keys);
  nlohmann::json::sax_parse(text.begin(), text.end(), &collector);
  return collector.problem;
}

}  // namespace lmms_eval::data
