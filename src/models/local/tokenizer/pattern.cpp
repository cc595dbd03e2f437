#include "models/local/tokenizer/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <utility>

#include "base/errors.h"
#include "base/text.h"
#include "models/local/tokenizer/oniguruma.h"
#include "models/local/tokenizer/unicode_data.h"

namespace lmms_eval::local::tokenization {
namespace {

constexpr std::size_t kJitStackStart = 64 << 10;
constexpr std::size_t kJitStackMost = 64 << 20;
// For the interpreter, used where the JIT's stack does not suffice.
constexpr std::uint32_t kHeapLimitKiB = 512 << 10;
// Oniguruma's own limit.
constexpr std::uint32_t kMatchLimit = 10'000'000;

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

/// What a thread needs to run any compiled expression.
struct Scratch {
  std::unique_ptr<pcre2_match_data, Deleter<pcre2_match_data_free>> data{pcre2_match_data_create(1, nullptr)};
  std::unique_ptr<pcre2_match_context, Deleter<pcre2_match_context_free>> context{pcre2_match_context_create(nullptr)};
  std::unique_ptr<pcre2_jit_stack, Deleter<pcre2_jit_stack_free>> stack{
      pcre2_jit_stack_create(kJitStackStart, kJitStackMost, nullptr)};

  Scratch() {
    if (!data || !context) throw std::bad_alloc();
    if (stack) pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
    pcre2_set_heap_limit(context.get(), kHeapLimitKiB);
    pcre2_set_match_limit(context.get(), kMatchLimit);
  }
};

Scratch& scratch() {
  thread_local Scratch scratch;
  return scratch;
}

std::string pcre2_message(int code) {
  PCRE2_UCHAR text[256] = {};
  pcre2_get_error_message(code, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

}  // namespace

class Pattern::Search {
 public:
  virtual ~Search() = default;
  /// The first match at or after `from`; false if there is none. `match` may be empty.
  virtual bool find(std::string_view text, std::size_t from, Span& match) const = 0;
};

class Pattern::RegexSearch final : public Search {
 public:
  RegexSearch(std::string_view expression, std::string where) : where_(std::move(where)) {
    const std::string translated = oniguruma_to_pcre2(expression, where_);
    std::unique_ptr<pcre2_compile_context, Deleter<pcre2_compile_context_free>> context(
        pcre2_compile_context_create(nullptr));
    if (!context) throw std::bad_alloc();
    pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
    int code = 0;
    PCRE2_SIZE at = 0;
    code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(), PCRE2_UTF | PCRE2_UCP,
                              &code, &at, context.get()));
    if (!code_) {
      throw errors::model("{}: the regular expression '{}' is malformed: {} (byte {} of '{}')", where_,
                          one_line(expression), pcre2_message(code), at, one_line(translated));
    }
    // Without a JIT on this machine the interpreter does the same, slower.
    pcre2_jit_compile(code_.get(), PCRE2_JIT_COMPLETE);
  }

  bool find(std::string_view text, std::size_t from, Span& match) const override {
    auto& tools = scratch();
    int result = run(text, from, PCRE2_NO_UTF_CHECK, tools);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT) result = run(text, from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, tools);
    if (result == PCRE2_ERROR_NOMATCH) return false;
    if (result < 0) {
      throw errors::model("{}: the regular expression gave up at byte {} of a text of {} bytes: {}", where_, from,
                          text.size(), pcre2_message(result));
    }
    const PCRE2_SIZE* const ends = pcre2_get_ovector_pointer(tools.data.get());
    match = {ends[0], ends[1], true};
    return true;
  }

 private:
  int run(std::string_view text, std::size_t from, std::uint32_t options, Scratch& tools) const {
    return pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from, options,
                       tools.data.get(), tools.context.get());
  }

  std::string where_;
  std::unique_ptr<pcre2_code, Deleter<pcre2_code_free>> code_;
};

class Pattern::LiteralSearch final : public Search {
 public:
  explicit LiteralSearch(std::string wanted) : wanted_(std::move(wanted)) {}
  bool find(std::string_view text, std::size_t from, Span& match) const override {
    const auto found = text.find(wanted_, from);
    if (found == std::string_view::npos) return false;
    match = {found, found + wanted_.size(), true};
    return true;
  }

 private:
  std::string wanted_;
};

class Pattern::CharacterSearch final : public Search {
 public:
  explicit CharacterSearch(bool (*accept)(char32_t)) : accept_(accept) {}
  bool find(std::string_view text, std::size_t from, Span& match) const override {
    for (std::size_t at = from; at < text.size();) {
      const std::size_t begin = at;
      if (accept_(next_code_point(text, at))) {
        match = {begin, at, true};
        return true;
      }
    }
    return false;
  }

 private:
  bool (*accept_)(char32_t);
};

Pattern Pattern::regex(std::string_view expression, const std::string& where) {
  return Pattern(std::make_shared<RegexSearch>(expression, where));
}
Pattern Pattern::literal(std::string text) { return Pattern(std::make_shared<LiteralSearch>(std::move(text))); }
Pattern Pattern::characters(bool (*accept)(char32_t)) { return Pattern(std::make_shared<CharacterSearch>(accept)); }

std::vector<Span> Pattern::cut(std::string_view text) const {
  std::vector<Span> spans;
  if (text.empty()) return {Span{}};
  std::size_t done = 0;                           // all before it is in spans
  std::size_t from = 0;                           // where the next search starts
  std::size_t last_end = std::string_view::npos;  // of the last match
  Span match;
  while (from <= text.size() && search_->find(text, from, match)) {
    if (match.begin == match.end && match.end == last_end) {
      // An empty match right behind the last one does not count; go one character on.
      if (from == text.size()) break;
      next_code_point(text, from);
      continue;
    }
    if (done != match.begin) spans.push_back({done, match.begin, false});
    spans.push_back(match);
    done = from = last_end = match.end;
  }
  if (done != text.size()) spans.push_back({done, text.size(), false});
  return spans;
}

std::string Pattern::replace(std::string_view text, std::string_view content) const {
  std::string result;
  result.reserve(text.size());
  for (const auto& span : cut(text)) {
    result += span.match ? content : text.substr(span.begin, span.end - span.begin);
  }
  return result;
}

}  // namespace lmms_eval::local::tokenization
