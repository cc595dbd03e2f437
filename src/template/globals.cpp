// The functions that every template has: range, dict, namespace …, and those of chat templates.
#include <ctime>
#include <vector>

#include "template/arguments.h"
#include "template/objects.h"

namespace lmms_eval::tmpl {
namespace {

constexpr std::int64_t kMaxSandboxRange = 100'000;

Value range(Runtime& runtime, Arguments arguments) {
  const Parameters p(std::move(arguments), "range", {"", "", ""}, 1);
  const auto start = p.has(1) ? p.integer(0, 0) : 0;
  const auto stop = p.has(1) ? p.integer(1, 0) : p.integer(0, 0);
  const auto step = p.integer(2, 1);
  if (step == 0) throw failure("range() arg 3 must not be zero");
  auto numbers = std::make_shared<Range>(start, stop, step);
  if (runtime.options().immutable && *numbers->length() > kMaxSandboxRange) {
    throw failure("Range too big. The sandbox blocks ranges larger than MAX_RANGE ({}).", kMaxSandboxRange);
  }
  return Value(std::static_pointer_cast<Object>(numbers));
}

/// dict(mapping or pairs, **more)
std::shared_ptr<Dict> make_dict(Arguments arguments, std::string_view name) {
  if (arguments.positional.size() > 1) {
    throw failure("{} expected at most 1 argument, got {}", name, arguments.positional.size());
  }
  auto dict = std::make_shared<Dict>();
  if (!arguments.positional.empty()) {
    const auto& source = arguments.positional[0];
    if (source.is_dict()) {
      for (const auto& [key, value] : source.as_dict().entries()) dict->set(key, value);
    } else {
      for (const auto& item : to_vector(source)) {
        const auto pair = to_vector(item);
        if (pair.size() != 2)
          throw failure("dictionary update sequence element has length {}; 2 is required", pair.size());
        dict->set(pair[0], pair[1]);
      }
    }
  }
  for (auto& [key, value] : arguments.keyword) dict->set(Value(key), std::move(value));
  return dict;
}

Value dict(Runtime&, Arguments arguments) { return Value(make_dict(std::move(arguments), "dict")); }

Value make_namespace(Runtime& runtime, Arguments arguments) {
  const auto attributes = make_dict(std::move(arguments), "namespace");
  for (const auto& [name, value] : attributes->entries()) {
    if (name.is_string()) Namespace::check_name(runtime, name.as_string());
  }
  return make_object<Namespace>(*attributes);
}

Value cycler(Runtime&, Arguments arguments) {
  if (!arguments.keyword.empty()) throw failure("cycler() takes no keyword arguments");
  if (arguments.positional.empty()) throw failure("at least one item has to be provided");
  return make_object<Cycler>(std::move(arguments.positional));
}

Value joiner(Runtime&, Arguments arguments) {
  const Parameters p(std::move(arguments), "joiner", {"sep"});
  return make_object<Joiner>(p.get(0, Value(", ")));
}

Value raise_exception(Runtime&, Arguments arguments) {
  const Parameters p(std::move(arguments), "raise_exception", {"message"}, 1);
  throw RaisedByTemplate(str(p[0]));
}

Value strftime_now(Runtime& runtime, Arguments arguments) {
  const Parameters p(std::move(arguments), "strftime_now", {"format"}, 1);
  const auto& clock = runtime.options().clock;
  const auto now = clock ? clock() : std::chrono::system_clock::now();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now - seconds).count();
  const auto time = std::chrono::system_clock::to_time_t(seconds);
  std::tm local{};
  localtime_r(&time, &local);
  std::string format;
  const auto source = p.text(0);
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '%' || i + 1 >= source.size()) {
      format += source[i];
    } else if (source[++i] == 'f') {
      format += fmt::format("{:06}", micros);
    } else {
      format += '%';
      format += source[i];
    }
  }
  if (format.empty()) return "";
  // a mark at the end tells an empty result from a full buffer
  format += '.';
  std::vector<char> buffer(format.size() * 4 + 256);
  while (true) {
    if (const auto size = std::strftime(buffer.data(), buffer.size(), format.c_str(), &local); size > 0) {
      return Value(std::string(buffer.data(), size - 1));
    }
    if (buffer.size() > kMaxTextBytes) throw failure("strftime_now: result is too long");
    buffer.resize(buffer.size() * 2);
  }
}

}  // namespace

Value find_global(std::string_view name, const TemplateOptions& options) {
  if (name == "range") return Function::make("range", range, "type");
  if (name == "dict") return Function::make("dict", dict, "type");
  if (name == "namespace") return Function::make("namespace", make_namespace, "type");
  if (name == "cycler") return Function::make("cycler", cycler, "type");
  if (name == "joiner") return Function::make("joiner", joiner, "type");
  if (options.chat && name == "raise_exception") return Function::make("raise_exception", raise_exception);
  if (options.chat && name == "strftime_now") return Function::make("strftime_now", strftime_now);
  return Value::missing();
}

}  // namespace lmms_eval::tmpl
