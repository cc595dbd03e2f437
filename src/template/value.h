#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "lmms_eval/export.h"

namespace lmms_eval::tmpl {

class Value;
class Dict;
class Object;

/// An immutable string: UTF-8 bytes (always valid) and its length in code points, which is what Python counts.
class Text {
 public:
  explicit Text(std::string bytes, bool markup = false);

  const std::string& bytes() const { return bytes_; }
  std::size_t length() const { return length_; }
  bool ascii() const { return length_ == bytes_.size(); }
  /// Made by |safe, |escape or the HTML form of |tojson: what is added to it with `+` gets escaped.
  bool markup() const { return markup_; }

 private:
  std::string bytes_;
  std::size_t length_;
  bool markup_;
};

/// Why a value is undefined, and how it behaves: strict values may only be asked whether they are defined.
struct Undefined {
  std::string message;
  bool strict = false;
};

/// A Python list.
class List {
 public:
  explicit List(std::vector<Value> values);
  ~List();
  std::vector<Value> items;
};

/// A Python tuple, not changed once made.
class Tuple {
 public:
  explicit Tuple(std::vector<Value> values);
  ~Tuple();
  std::vector<Value> items;
};

enum class Kind { missing, undefined, none, boolean, integer, floating, string, list, tuple, dict, object };

/// A Python value as templates see it: scalars by value, strings and containers by reference, so copies are cheap.
///
/// Lists and dicts are shared and mutable: a template may change those it is given. Values of one thread may be read by
/// others while nobody changes them. `missing` is the mark of an unset variable and is never seen by templates.
class LMMS_EVAL_API Value {
 public:
  Value() = default;
  Value(std::nullptr_t) {}
  template <std::same_as<bool> T>
  Value(T value) : data_(value) {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) Value(T value) : data_(static_cast<std::int64_t>(value)) {}
  Value(double value) : data_(value) {}
  Value(std::string value);
  Value(std::string_view value) : Value(std::string(value)) {}
  Value(const char* value) : Value(std::string(value)) {}
  Value(std::shared_ptr<const Text> value) : data_(std::move(value)) {}
  Value(std::shared_ptr<List> value) : data_(std::move(value)) {}
  Value(std::shared_ptr<Dict> value) : data_(std::move(value)) {}
  Value(std::shared_ptr<Object> value) : data_(std::move(value)) {}

  static Value missing() { return Value(Data(Missing{})); }
  static Value undefined(std::string message, bool strict);
  static Value markup(std::string text);
  static Value list(std::vector<Value> items = {});
  static Value tuple(std::vector<Value> items = {});
  static Value dict(std::vector<std::pair<Value, Value>> entries = {});
  /// Throws Error{data} for integers beyond 64 bits with sign and for nesting deeper than 200.
  static Value from_json(const nlohmann::ordered_json& json);
  /// The value as JSON. Throws Error{data} if it has a part that JSON does not know (undefined, a macro).
  nlohmann::ordered_json to_json() const;

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is_missing() const { return kind() == Kind::missing; }
  bool is_undefined() const { return kind() == Kind::undefined; }
  bool is_none() const { return kind() == Kind::none; }
  bool is_bool() const { return kind() == Kind::boolean; }
  /// Integers proper; booleans count only in `is_integral`.
  bool is_int() const { return kind() == Kind::integer; }
  bool is_integral() const { return is_int() || is_bool(); }
  bool is_float() const { return kind() == Kind::floating; }
  bool is_number() const { return is_integral() || is_float(); }
  bool is_string() const { return kind() == Kind::string; }
  bool is_list() const { return kind() == Kind::list; }
  bool is_tuple() const { return kind() == Kind::tuple; }
  bool is_dict() const { return kind() == Kind::dict; }
  bool is_object() const { return kind() == Kind::object; }

  // Access to a value whose kind is known.
  bool as_bool() const { return std::get<bool>(data_); }
  /// Integers and booleans.
  std::int64_t as_int() const {
    return is_bool() ? static_cast<std::int64_t>(as_bool()) : std::get<std::int64_t>(data_);
  }
  /// All numbers.
  double as_double() const { return is_float() ? std::get<double>(data_) : static_cast<double>(as_int()); }
  const Text& as_text() const { return *std::get<std::shared_ptr<const Text>>(data_); }
  const std::string& as_string() const { return as_text().bytes(); }
  List& as_list() const { return *std::get<std::shared_ptr<List>>(data_); }
  const Tuple& as_tuple() const { return *std::get<std::shared_ptr<const Tuple>>(data_); }
  Dict& as_dict() const { return *std::get<std::shared_ptr<Dict>>(data_); }
  Object& as_object() const { return *std::get<std::shared_ptr<Object>>(data_); }
  const std::shared_ptr<Object>& object_pointer() const { return std::get<std::shared_ptr<Object>>(data_); }
  const Undefined& as_undefined() const { return *std::get<std::shared_ptr<const Undefined>>(data_); }
  /// The items of a list or tuple, else null.
  const std::vector<Value>* sequence() const;
  /// The object as a T, or null.
  template <typename T>
  T* as() const {
    return is_object() ? dynamic_cast<T*>(&as_object()) : nullptr;
  }
  /// The address of a shared part, null for scalars: what `is` compares.
  const void* identity() const;
  /// How many values share the part.
  long shares() const;

 private:
  struct Missing {};
  struct None {};
  // The order is that of Kind.
  using Data = std::variant<Missing, std::shared_ptr<const Undefined>, None, bool, std::int64_t, double,
                            std::shared_ptr<const Text>, std::shared_ptr<List>, std::shared_ptr<const Tuple>,
                            std::shared_ptr<Dict>, std::shared_ptr<Object>>;
  explicit Value(Data data) : data_(std::move(data)) {}
  Data data_{None{}};
};

/// A Python dict: keeps the order of insertion; 1, 1.0 and True are one key. Throws Failure for keys that cannot be
/// hashed (lists, dicts).
class Dict {
 public:
  using Entry = std::pair<Value, Value>;

  Dict() = default;
  Dict(const Dict&) = default;
  Dict& operator=(const Dict&) = default;
  ~Dict();

  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  const Value* find(const std::string& key) const { return find(std::string_view(key)); }
  const Value* find(const char* key) const { return find(std::string_view(key)); }
  void set(Value key, Value value);
  /// Takes the entry out; `missing` if there is none.
  Value take(const Value& key);
  void clear();
  const std::vector<Entry>& entries() const { return entries_; }
  std::size_t size() const { return entries_.size(); }

 private:
  std::size_t position(const Value& key, std::size_t hash) const;
  void index_all();

  std::vector<Entry> entries_;
  // hash → position, only kept for more than kSmall entries
  std::unordered_multimap<std::size_t, std::size_t> index_;
};

/// Frees values without recursion, however deep they are nested. Called by the destructors of containers.
void dispose(std::vector<Value>& values) noexcept;

}  // namespace lmms_eval::tmpl
