#include "template/objects.h"

#include <algorithm>

#include "template/arguments.h"

namespace lmms_eval::tmpl {
namespace {

/// Counts through a range without overflow at its ends.
class RangeIterator final : public Iterator {
 public:
  RangeIterator(std::int64_t start, std::int64_t step, std::int64_t count) : next_(start), step_(step), left_(count) {}
  bool next(Value& item) override {
    if (left_ == 0) return false;
    item = next_;
    if (--left_ > 0) next_ += step_;
    return true;
  }

 private:
  std::int64_t next_, step_, left_;
};

class DictViewIterator final : public Iterator {
 public:
  DictViewIterator(Value dict, std::function<Value(const Dict::Entry&)> part, bool reversed)
      : dict_(std::move(dict)), part_(std::move(part)), reversed_(reversed), size_(dict_.as_dict().size()) {}
  bool next(Value& item) override {
    const auto& entries = dict_.as_dict().entries();
    if (entries.size() != size_) throw failure("dictionary changed size during iteration");
    if (at_ >= size_) return false;
    item = part_(entries[reversed_ ? size_ - 1 - at_ : at_]);
    ++at_;
    return true;
  }

 private:
  Value dict_;
  std::function<Value(const Dict::Entry&)> part_;
  bool reversed_;
  std::size_t size_;
  std::size_t at_ = 0;
};

/// Keeps the generator it reads alive, and lets go of it without recursion.
class GeneratorIterator final : public Iterator {
 public:
  explicit GeneratorIterator(std::shared_ptr<Generator> generator) : generator_(std::move(generator)) {}
  ~GeneratorIterator() override {
    std::vector<Value> last;
    last.emplace_back(std::static_pointer_cast<Object>(std::move(generator_)));
    dispose(last);
  }
  bool next(Value& item) override { return generator_->next(item); }

 private:
  std::shared_ptr<Generator> generator_;
};

Value pair(const Dict::Entry& entry) { return Value::tuple({entry.first, entry.second}); }

}  // namespace

Value Function::make(std::string name, Body body, std::string type) {
  return make_object<Function>(std::move(name), std::move(body), std::move(type));
}

std::string Namespace::repr() const {
  return "<Namespace " + tmpl::repr(Value(std::make_shared<Dict>(attributes_))) + ">";
}

std::optional<Value> Namespace::attribute(std::string_view name) {
  const auto* value = attributes_.find(name);
  return value == nullptr ? std::nullopt : std::optional<Value>(*value);
}

void Namespace::check_name(const Runtime& runtime, std::string_view name) {
  if (runtime.options().chat && name.starts_with('_')) {
    throw failure(
        "Chat templates cannot store underscore-prefixed attributes on a namespace, but got '{}'. Please rename "
        "the attribute.",
        name);
  }
}

void Namespace::set(const std::string& name, Value value) { attributes_.set(Value(name), std::move(value)); }

void Namespace::visit(const std::function<void(const Value&)>& see) const {
  for (const auto& [name, value] : attributes_.entries()) see(value);
}

Range::Range(std::int64_t start, std::int64_t stop, std::int64_t step) : start_(start), stop_(stop), step_(step) {
  const auto distance = static_cast<__int128>(step > 0 ? stop : start) - (step > 0 ? start : stop);
  const auto stride = step > 0 ? static_cast<__int128>(step) : -static_cast<__int128>(step);
  count_ = distance <= 0 ? 0 : static_cast<std::int64_t>((distance - 1) / stride + 1);
}

std::string Range::repr() const {
  if (step_ == 1) return fmt::format("range({}, {})", start_, stop_);
  return fmt::format("range({}, {}, {})", start_, stop_, step_);
}

std::optional<Value> Range::attribute(std::string_view name) {
  if (name == "start") return Value(start_);
  if (name == "stop") return Value(stop_);
  if (name == "step") return Value(step_);
  return std::nullopt;
}

std::optional<Value> Range::item(const Value& key) {
  if (!key.is_integral()) return std::nullopt;
  auto index = key.as_int();
  if (index < 0) index += count_;
  if (index < 0 || index >= count_) return std::nullopt;
  return Value(start_ + index * step_);
}

std::unique_ptr<Iterator> Range::iterate() { return std::make_unique<RangeIterator>(start_, step_, count_); }

std::unique_ptr<Iterator> Range::iterate_reversed() {
  return std::make_unique<RangeIterator>(count_ == 0 ? start_ : start_ + (count_ - 1) * step_, -step_, count_);
}

std::optional<bool> Range::contains(const Value& value) {
  if (value.is_float()) {
    const auto number = value.as_double();
    if (number != static_cast<double>(static_cast<std::int64_t>(number))) return false;
    return contains(Value(static_cast<std::int64_t>(number)));
  }
  if (!value.is_integral() || count_ == 0) return false;
  const auto number = value.as_int();
  const auto last = start_ + (count_ - 1) * step_;
  return number >= std::min(start_, last) && number <= std::max(start_, last) && (number - start_) % step_ == 0;
}

bool Range::equals(const Object& other) const {
  const auto* range = dynamic_cast<const Range*>(&other);
  if (range == nullptr || range->count_ != count_) return false;
  return count_ == 0 || (range->start_ == start_ && (count_ == 1 || range->step_ == step_));
}

Value Range::part(const SliceRange& range) const {
  const auto start = start_ + range.start * step_;
  const auto step = step_ * range.step;
  return make_object<Range>(start, start + range.count * step, step);
}

std::string DictView::type_name() const {
  return part_ == Part::keys ? "dict_keys" : part_ == Part::values ? "dict_values" : "dict_items";
}

Value DictView::part_of(const Dict::Entry& entry) const {
  return part_ == Part::keys ? entry.first : part_ == Part::values ? entry.second : pair(entry);
}

std::string DictView::repr() const {
  std::vector<Value> items;
  for (const auto& entry : dict_.as_dict().entries()) items.push_back(part_of(entry));
  return type_name() + "(" + tmpl::repr(Value::list(std::move(items))) + ")";
}

std::unique_ptr<Iterator> DictView::iterate() {
  return std::make_unique<DictViewIterator>(
      dict_,
      [part = part_](const Dict::Entry& entry) {
        return part == Part::keys ? entry.first : part == Part::values ? entry.second : pair(entry);
      },
      false);
}

std::unique_ptr<Iterator> DictView::iterate_reversed() {
  return std::make_unique<DictViewIterator>(
      dict_,
      [part = part_](const Dict::Entry& entry) {
        return part == Part::keys ? entry.first : part == Part::values ? entry.second : pair(entry);
      },
      true);
}

std::optional<bool> DictView::contains(const Value& value) {
  const auto& dict = dict_.as_dict();
  if (part_ == Part::keys) return dict.find(value) != nullptr;
  if (part_ == Part::items) {
    if (!value.is_tuple() || value.as_tuple().items.size() != 2) return false;
    const auto* found = dict.find(value.as_tuple().items[0]);
    return found != nullptr && tmpl::equals(*found, value.as_tuple().items[1]);
  }
  return std::any_of(dict.entries().begin(), dict.entries().end(),
                     [&](const auto& entry) { return tmpl::equals(entry.second, value); });
}

bool DictView::equals(const Object& other) const {
  const auto* view = dynamic_cast<const DictView*>(&other);
  if (view == nullptr || view->part_ != part_ || part_ == Part::values) return this == &other;
  const auto& mine = dict_.as_dict();
  const auto& theirs = view->dict_.as_dict();
  if (part_ == Part::items) return tmpl::equals(dict_, view->dict_);
  return mine.size() == theirs.size() &&
         std::all_of(mine.entries().begin(), mine.entries().end(),
                     [&](const auto& entry) { return theirs.find(entry.first) != nullptr; });
}

Value Generator::make(Runtime& runtime, std::function<bool(Value&)> next, std::string type) {
  return make_object<Generator>(runtime, std::move(next), std::move(type));
}

Value Generator::make(Runtime& runtime, std::unique_ptr<Iterator> items, std::string type) {
  auto shared = std::shared_ptr<Iterator>(std::move(items));
  return make(
      runtime, [shared](Value& item) { return shared->next(item); }, std::move(type));
}

std::unique_ptr<Iterator> Generator::iterate() { return std::make_unique<GeneratorIterator>(shared_from_this()); }

bool Generator::next(Value& item) {
  if (!next_) return false;
  if (lifetime_.expired()) throw failure("a generator was read after the end of its template");
  const Runtime::Nesting nesting(runtime_);
  runtime_.spend();
  if (next_(item)) return true;
  next_ = nullptr;
  return false;
}

std::optional<Value> Cycler::attribute(std::string_view name) {
  if (name == "current") return items_[at_];
  if (name == "next") {
    return Function::make(
        "next",
        [self = shared_from_this()](Runtime&, Arguments) {
          auto value = self->items_[self->at_];
          self->at_ = (self->at_ + 1) % self->items_.size();
          return value;
        },
        "method");
  }
  if (name == "reset") {
    return Function::make(
        "reset",
        [self = shared_from_this()](Runtime&, Arguments) {
          self->at_ = 0;
          return Value();
        },
        "method");
  }
  if (name == "items") return Value::tuple(items_);
  if (name == "pos") return Value(at_);
  return std::nullopt;
}

std::optional<Value> Joiner::attribute(std::string_view name) {
  if (name == "sep") return separator_;
  if (name == "used") return Value(used_);
  return std::nullopt;
}

Value Joiner::call(Runtime&, Arguments arguments) {
  const Parameters none(std::move(arguments), "joiner", {});
  if (used_) return separator_;
  used_ = true;
  return Value("");
}

}  // namespace lmms_eval::tmpl
