#include "models/local/tokenizer/tokenizer_file.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "base/errors.h"
#include "base/text.h"

namespace lmms_eval::local::tokenization {
namespace {

using nlohmann::json;

// Ids index a table; models have some hundred thousand.
constexpr std::int64_t kMostIds = 1 << 26;

/// Builds a DOM of everything but model.vocab and model.merges, which go to the TokenizerFile.
class Reader final : public nlohmann::json_sax<json> {
 public:
  Reader(TokenizerFile& file, std::string where) : file_(file), where_(std::move(where)) {}

  bool null() override { return scalar(json()); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(number_integer_t value) override { return integer(value, value); }
  bool number_unsigned(number_unsigned_t value) override {
    return integer(value,
                   value > static_cast<number_unsigned_t>(kMostIds) ? kMostIds : static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t value, const string_t&) override { return scalar(value); }
  bool binary(binary_t&) override { return false; }

  bool string(string_t& value) override {
    if (in_ != Part::merges) return scalar(std::move(value));
    if (pair_depth_ == 0) return split_merge(value);
    pair_.push_back(std::move(value));
    return true;
  }
  bool start_object(std::size_t) override {
    if (in_ != Part::rest) return in_ == Part::vocabulary ? bad_id() : bad_merge();
    if (!at_model_field("vocab")) return open(json::object());
    in_ = Part::vocabulary;
    put(json());
    return true;
  }
  bool key(string_t& value) override {
    key_ = std::move(value);
    return true;
  }
  bool end_object() override { return in_ == Part::vocabulary ? leave() : close(); }
  bool start_array(std::size_t) override {
    if (in_ == Part::vocabulary) return bad_id();
    if (in_ == Part::merges) return ++pair_depth_ == 1 ? true : bad_merge();
    if (!at_model_field("merges")) return open(json::array());
    in_ = Part::merges;
    put(json());
    return true;
  }
  bool end_array() override {
    if (in_ != Part::merges) return close();
    if (pair_depth_ == 0) return leave();
    --pair_depth_;
    if (pair_.size() != 2) return bad_merge();
    file_.merges.emplace_back(std::move(pair_[0]), std::move(pair_[1]));
    pair_.clear();
    return true;
  }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception& error) override {
    throw errors::model("{}: malformed JSON at byte {}: {}", where_, at, one_line(error.what()));
  }

 private:
  enum class Part { rest, vocabulary, merges };

  bool at_model_field(std::string_view name) const {
    return stack_.size() == 2 && keys_.back() == "model" && stack_.back()->is_object() && key_ == name;
  }
  template <typename Number>
  bool integer(Number value, std::int64_t id) {
    if (in_ == Part::rest) return scalar(value);
    if (in_ == Part::merges) return bad_merge();
    if (id < 0 || id >= kMostIds) return bad_id();
    file_.vocabulary.insert_or_assign(key_, static_cast<std::int32_t>(id));
    return true;
  }
  bool scalar(json value) {
    if (in_ == Part::vocabulary) return bad_id();
    if (in_ == Part::merges) return bad_merge();
    put(std::move(value));
    return true;
  }
  json* put(json value) {
    if (stack_.empty()) return &(file_.rest = std::move(value));
    json& top = *stack_.back();
    if (top.is_object()) return &(top[key_] = std::move(value));
    top.push_back(std::move(value));
    return &top.back();
  }
  bool open(json container) {
    keys_.push_back(key_);
    stack_.push_back(put(std::move(container)));
    return true;
  }
  bool close() {
    stack_.pop_back();
    keys_.pop_back();
    return true;
  }
  bool leave() {
    in_ = Part::rest;
    return true;
  }
  bool split_merge(const std::string& text) {
    if (text.starts_with("#version")) return true;
    const auto space = text.find(' ');
    if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos) return bad_merge();
    file_.merges.emplace_back(text.substr(0, space), text.substr(space + 1));
    return true;
  }
  bool bad_id() const {
    throw errors::model("{}: model.vocab: the id of '{}' must be a small non-negative integer", where_, one_line(key_));
  }
  bool bad_merge() const {
    throw errors::model("{}: model.merges[{}] must be a text \"a b\" or a list of two texts", where_,
                        file_.merges.size());
  }

  TokenizerFile& file_;
  std::string where_;
  std::vector<json*> stack_;       // open containers; stable, since a parent is not touched while a child is open
  std::vector<std::string> keys_;  // under which they stand
  std::string key_;
  Part in_ = Part::rest;
  int pair_depth_ = 0;
  std::vector<std::string> pair_;
};

void require_bpe(const TokenizerFile& file, const std::string& where) {
  const Node model(file.rest.is_object() && file.rest.contains("model") ? file.rest["model"] : file.rest,
                   where + ": model");
  if (!file.rest.is_object() || !file.rest.contains("model")) throw errors::model("{}: has no model", where);
  // Files of the first versions name no type; BPE is what has merges.
  const auto type = model.text("type", file.merges.empty() ? "(none)" : "BPE");
  if (type != "BPE") throw errors::model("{}: model.type '{}' is not supported (supported is BPE)", where, type);
  if (file.vocabulary.empty()) throw errors::model("{}: model.vocab is missing or empty", where);
}

}  // namespace

TokenizerFile read_tokenizer_file(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) {
    throw errors::model("{}: there is no such file; local models need a tokenizer in the tokenizer.json format",
                        path.string());
  }
  const std::string text = read_file(path);
  TokenizerFile file;
  Reader reader(file, path.string());
  json::sax_parse(text, &reader);
  require_bpe(file, path.string());
  return file;
}

}  // namespace lmms_eval::local::tokenization
