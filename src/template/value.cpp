#include "template/value.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "template/object.h"
#include "template/operators.h"
#include "template/unicode.h"

namespace lmms_eval::tmpl {
namespace {

constexpr int kMaxJsonDepth = 200;
constexpr std::size_t kSmall = 8;
constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

Value convert(const nlohmann::ordered_json& json, int depth) {
  if (depth > kMaxJsonDepth) throw errors::data("JSON value is nested deeper than {} levels", kMaxJsonDepth);
  using Type = nlohmann::ordered_json::value_t;
  switch (json.type()) {
    case Type::boolean:
      return json.get<bool>();
    case Type::number_integer:
      return json.get<std::int64_t>();
    case Type::number_unsigned: {
      const auto number = json.get<std::uint64_t>();
      if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        throw errors::data("integer {} is too large for a template (64 bits with sign)", number);
      }
      return static_cast<std::int64_t>(number);
    }
    case Type::number_float:
      return json.get<double>();
    case Type::string:
      return json.get_ref<const std::string&>();
    case Type::array: {
      std::vector<Value> items;
      items.reserve(json.size());
      for (const auto& item : json) items.push_back(convert(item, depth + 1));
      return Value::list(std::move(items));
    }
    case Type::object: {
      auto dict = std::make_shared<Dict>();
      for (const auto& [key, item] : json.items()) dict->set(key, convert(item, depth + 1));
      return dict;
    }
    default:
      return nullptr;
  }
}

std::string json_key(const Value& key) {
  if (key.is_string()) return key.as_string();
  if (key.is_none()) return "null";
  if (key.is_bool()) return key.as_bool() ? "true" : "false";
  return str(key);
}

nlohmann::ordered_json unconvert(const Value& value, int depth) {
  if (depth > kMaxJsonDepth) throw errors::data("value is nested deeper than {} levels", kMaxJsonDepth);
  switch (value.kind()) {
    case Kind::none:
      return nullptr;
    case Kind::boolean:
      return value.as_bool();
    case Kind::integer:
      return value.as_int();
    case Kind::floating:
      return value.as_double();
    case Kind::string:
      return value.as_string();
    case Kind::list:
    case Kind::tuple: {
      auto array = nlohmann::ordered_json::array();
      for (const auto& item : *value.sequence()) array.push_back(unconvert(item, depth + 1));
      return array;
    }
    case Kind::dict: {
      auto object = nlohmann::ordered_json::object();
      for (const auto& [key, item] : value.as_dict().entries()) object[json_key(key)] = unconvert(item, depth + 1);
      return object;
    }
    default:
      throw errors::data("a value of type {} has no JSON form", type_name(value));
  }
}

}  // namespace

Text::Text(std::string bytes, bool markup) : bytes_(std::move(bytes)), markup_(markup) {
  if (!all_ascii(bytes_) && !is_valid_utf8(bytes_)) bytes_ = valid_utf8(bytes_);
  length_ = count_code_points(bytes_);
}

List::List(std::vector<Value> values) : items(std::move(values)) {}
List::~List() { dispose(items); }
Tuple::Tuple(std::vector<Value> values) : items(std::move(values)) {}
Tuple::~Tuple() { dispose(items); }

Value::Value(std::string value) : data_(std::make_shared<const Text>(std::move(value))) {}

Value Value::undefined(std::string message, bool strict) {
  return Value(Data(std::make_shared<const Undefined>(Undefined{std::move(message), strict})));
}

Value Value::markup(std::string text) { return Value(std::make_shared<const Text>(std::move(text), true)); }
Value Value::list(std::vector<Value> items) { return Value(std::make_shared<List>(std::move(items))); }

Value Value::tuple(std::vector<Value> items) {
  return Value(Data(std::shared_ptr<const Tuple>(std::make_shared<Tuple>(std::move(items)))));
}

Value Value::dict(std::vector<std::pair<Value, Value>> entries) {
  auto dict = std::make_shared<Dict>();
  for (auto& [key, value] : entries) dict->set(std::move(key), std::move(value));
  return dict;
}

Value Value::from_json(const nlohmann::ordered_json& json) { return convert(json, 0); }
nlohmann::ordered_json Value::to_json() const { return unconvert(*this, 0); }

const std::vector<Value>* Value::sequence() const {
  if (is_list()) return &as_list().items;
  if (is_tuple()) return &as_tuple().items;
  return nullptr;
}

const void* Value::identity() const {
  switch (kind()) {
    case Kind::string:
      return &as_text();
    case Kind::list:
      return &as_list();
    case Kind::tuple:
      return &as_tuple();
    case Kind::dict:
      return &as_dict();
    case Kind::object:
      return &as_object();
    case Kind::undefined:
      return &as_undefined();
    default:
      return nullptr;
  }
}

long Value::shares() const {
  switch (kind()) {
    case Kind::list:
      return std::get<std::shared_ptr<List>>(data_).use_count();
    case Kind::tuple:
      return std::get<std::shared_ptr<const Tuple>>(data_).use_count();
    case Kind::dict:
      return std::get<std::shared_ptr<Dict>>(data_).use_count();
    case Kind::object:
      return std::get<std::shared_ptr<Object>>(data_).use_count();
    default:
      return 1;
  }
}

Dict::~Dict() { clear(); }

std::size_t Dict::position(const Value& key, std::size_t hash) const {
  if (entries_.size() > kSmall) {
    const auto [first, last] = index_.equal_range(hash);
    for (auto it = first; it != last; ++it) {
      if (equals(entries_[it->second].first, key)) return it->second;
    }
    return kNowhere;
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (equals(entries_[i].first, key)) return i;
  }
  return kNowhere;
}

const Value* Dict::find(const Value& key) const {
  if (key.is_string()) return find(std::string_view(key.as_string()));
  const auto at = position(key, hash(key));
  return at == kNowhere ? nullptr : &entries_[at].second;
}

const Value* Dict::find(std::string_view key) const {
  const auto matches = [&](const Value& own) { return own.is_string() && own.as_string() == key; };
  if (entries_.size() > kSmall) {
    const auto [first, last] = index_.equal_range(std::hash<std::string_view>{}(key));
    for (auto it = first; it != last; ++it) {
      if (matches(entries_[it->second].first)) return &entries_[it->second].second;
    }
    return nullptr;
  }
  for (const auto& [own, value] : entries_) {
    if (matches(own)) return &value;
  }
  return nullptr;
}

void Dict::set(Value key, Value value) {
  const auto key_hash = hash(key);
  const auto at = position(key, key_hash);
  if (at != kNowhere) {
    entries_[at].second = std::move(value);
    return;
  }
  entries_.emplace_back(std::move(key), std::move(value));
  if (entries_.size() == kSmall + 1) {
    index_all();
  } else if (entries_.size() > kSmall) {
    index_.emplace(key_hash, entries_.size() - 1);
  }
}

void Dict::index_all() {
  index_.clear();
  if (entries_.size() <= kSmall) return;
  for (std::size_t i = 0; i < entries_.size(); ++i) index_.emplace(hash(entries_[i].first), i);
}

Value Dict::take(const Value& key) {
  const auto at = position(key, hash(key));
  if (at == kNowhere) return Value::missing();
  Value value = std::move(entries_[at].second);
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(at));
  index_all();
  return value;
}

void Dict::clear() {
  std::vector<Value> values;
  values.reserve(entries_.size());
  for (auto& entry : entries_) {
    if (entry.first.shares() == 1 && entry.first.is_tuple()) values.push_back(std::move(entry.first));
    values.push_back(std::move(entry.second));
  }
  entries_.clear();
  index_.clear();
  dispose(values);
}

void dispose(std::vector<Value>& values) noexcept {
  // The outermost call owns the heap of values to free; calls made by the destructors of its items only add to it.
  thread_local std::vector<Value>* pending = nullptr;
  const auto collect = [&] {
    for (auto& value : values) {
      if (value.kind() >= Kind::list) pending->push_back(std::move(value));
    }
    values.clear();
  };
  if (pending != nullptr) return collect();
  std::vector<Value> heap;
  pending = &heap;
  collect();
  while (!heap.empty()) {
    const Value last = std::move(heap.back());
    heap.pop_back();
  }
  pending = nullptr;
}

}  // namespace lmms_eval::tmpl
