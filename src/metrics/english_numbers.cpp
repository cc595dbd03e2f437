#include "metrics/english_numbers.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "base/python_text.h"
#include "base/text.h"
#include "metrics/substitute.h"
#include "metrics/words.h"

namespace lmms_eval::metrics {
namespace {

using Table = std::map<std::string, std::string>;

/// A number word's digits and what follows them ("21" "st").
struct Suffixed {
  std::string digits, suffix;
};

/// The words that make numbers. Numbers are kept as decimal digits, since they may be longer than any integer type.
struct NumberWords {
  Table ones, tens, multipliers;  ///< multipliers as zeros to append
  std::map<std::string, Suffixed> ones_suffixed, tens_suffixed, multipliers_suffixed;
  const Table signs = {{"minus", "-"}, {"negative", "-"}, {"plus", "+"}, {"positive", "+"}};
  const Table currencies = {{"pound", "£"},  {"pounds", "£"},  {"euro", "€"}, {"euros", "€"},
                            {"dollar", "$"}, {"dollars", "$"}, {"cent", "¢"}, {"cents", "¢"}};

  NumberWords();
  bool is_zero(const std::string& word) const { return word == "o" || word == "oh" || word == "zero"; }
  bool is_special(const std::string& word) const {
    return word == "and" || word == "double" || word == "triple" || word == "point";
  }
  bool is_decimal(const std::string& word) const { return ones.contains(word) || tens.contains(word) || is_zero(word); }
  bool contains(const std::string& word) const {
    return is_decimal(word) || multipliers.contains(word) || ones_suffixed.contains(word) ||
           tens_suffixed.contains(word) || multipliers_suffixed.contains(word) || signs.contains(word) ||
           currencies.contains(word) || word == "per" || word == "percent" || is_special(word);
  }
};

NumberWords::NumberWords() {
  const std::vector<std::string> small = {
      "one",    "two",    "three",    "four",     "five",    "six",     "seven",     "eight",    "nine",    "ten",
      "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
  const Table irregular = {
      {"one", "first"}, {"two", "second"}, {"three", "third"}, {"five", "fifth"}, {"twelve", "twelfth"}};
  const Table endings = {{"one", "st"}, {"two", "nd"}, {"three", "rd"}};
  ones_suffixed["zeroth"] = {"0", "th"};
  for (std::size_t i = 0; i < small.size(); ++i) {
    const std::string &name = small[i], digits = std::to_string(i + 1);
    ones[name] = digits;
    ones_suffixed[name == "six" ? "sixes" : name + "s"] = {digits, "s"};
    const auto ordinal = irregular.find(name);
    const auto ending = endings.find(name);
    ones_suffixed[ordinal != irregular.end() ? ordinal->second : name + (name.ends_with('t') ? "h" : "th")] = {
        digits, ending != endings.end() ? ending->second : "th"};
  }
  int value = 20;
  for (const std::string stem : {"twent", "thirt", "fort", "fift", "sixt", "sevent", "eight", "ninet"}) {
    tens[stem + "y"] = std::to_string(value);
    tens_suffixed[stem + "ies"] = {std::to_string(value), "s"};
    tens_suffixed[stem + "ieth"] = {std::to_string(value), "th"};
    value += 10;
  }
  const std::pair<const char*, std::size_t> kZeros[] = {{"hundred", 2},      {"thousand", 3},    {"million", 6},
                                                        {"billion", 9},      {"trillion", 12},   {"quadrillion", 15},
                                                        {"quintillion", 18}, {"sextillion", 21}, {"septillion", 24},
                                                        {"octillion", 27},   {"nonillion", 30},  {"decillion", 33}};
  for (const auto& [name, zeros] : kZeros) {
    multipliers[name] = std::string(zeros, '0');
    multipliers_suffixed[std::string(name) + "s"] = {std::string(zeros, '0'), "s"};
    multipliers_suffixed[std::string(name) + "th"] = {std::string(zeros, '0'), "th"};
  }
}

const NumberWords& number_words() {
  static const NumberWords words;
  return words;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "12", "12.5"
bool is_numeric(std::string_view word) {
  const auto point = word.find('.');
  return all_digits(word.substr(0, point)) && (point == word.npos || all_digits(word.substr(point + 1)));
}

std::string without_leading_zeros(std::string digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return digits;
}

/// The whole number that text times 1 and the zeros is; nothing if it is no number or not whole.
std::optional<std::string> whole(const std::string& text, const std::string& zeros) {
  const auto point = text.find('.');
  const std::string integer = text.substr(0, point);
  std::string decimals = point == text.npos ? "" : text.substr(point + 1);
  if ((integer + decimals).empty() || !all_digits(integer + decimals)) return std::nullopt;
  decimals.erase(decimals.find_last_not_of('0') + 1);
  if (decimals.size() > zeros.size()) return std::nullopt;
  return without_leading_zeros(integer + decimals + zeros.substr(decimals.size()));
}

std::string sum(const std::string& a, const std::string& b) {
  std::string digits;
  int carry = 0;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()) || carry > 0; ++i) {
    if (i < a.size()) carry += a[a.size() - 1 - i] - '0';
    if (i < b.size()) carry += b[b.size() - 1 - i] - '0';
    digits.insert(digits.begin(), static_cast<char>('0' + carry % 10));
    carry /= 10;
  }
  return digits;
}

/// What has been read of a number: an integer, to which tens and ones are added, or a text, to which they are
/// appended.
struct Value {
  std::string text;
  bool is_integer = false;

  bool ends_in_zeros(std::size_t count) const {
    return text == "0" || (text.size() >= count && text.ends_with(std::string(count, '0')));
  }
  /// The integer with its last digits, which are zeros, replaced.
  std::string plus(const std::string& digits) const {
    if (text.size() <= digits.size()) return digits;
    return text.substr(0, text.size() - digits.size()) + digits;
  }
  /// The integer with its last three digits multiplied.
  std::string times(const std::string& zeros) const {
    const std::size_t cut = text.size() > 3 ? text.size() - 3 : 0;
    const std::string thousands = cut > 0 ? text.substr(0, cut) + "000" : "0";
    return without_leading_zeros(sum(thousands, text.substr(cut) + zeros));
  }
};

/// Reads words from left to right and writes numbers in digits.
class Reader {
 public:
  explicit Reader(const std::vector<std::string>& words) : in_(words) {}

  std::string read() {
    for (at_ = 0; at_ < in_.size(); ++at_) {
      previous_ = at_ > 0 ? in_[at_ - 1] : "";
      next_ = at_ + 1 < in_.size() ? in_[at_ + 1] : "";
      word(in_[at_]);
    }
    flush();
    return join(out_, " ");
  }

 private:
  void write(const std::string& text) {
    out_.push_back(sign_ + text);
    value_.reset();
    sign_.clear();
  }
  void flush() {
    if (value_) write(value_->text);
  }
  void keep(std::string text, bool is_integer) { value_ = Value{std::move(text), is_integer}; }
  /// What digits are appended to; an integer 0 counts as nothing.
  std::string text_so_far() const { return !value_ || (value_->is_integer && value_->text == "0") ? "" : value_->text; }
  bool next_makes_a_number() const { return words_.contains(next_) || is_numeric(next_); }
  void skip_next() { ++at_; }

  void word(const std::string& word) {
    const std::string sign = leading_sign(word);
    const std::string number = word.substr(sign.size());
    if (is_numeric(number))
      digits(word, sign, number);
    else if (!words_.contains(word))
      flush(), write(word);
    else if (words_.is_zero(word))
      keep(text_so_far() + "0", false);
    else if (const auto ones = words_.ones.find(word); ones != words_.ones.end())
      keep_number(with_ones(ones->second));
    else if (const auto suffixed = words_.ones_suffixed.find(word); suffixed != words_.ones_suffixed.end())
      write(with_ones(suffixed->second.digits).text + suffixed->second.suffix);
    else if (const auto tens = words_.tens.find(word); tens != words_.tens.end())
      keep_number(with_tens(tens->second));
    else if (const auto tenth = words_.tens_suffixed.find(word); tenth != words_.tens_suffixed.end())
      write(with_tens(tenth->second.digits).text + tenth->second.suffix);
    else if (const auto times = words_.multipliers.find(word); times != words_.multipliers.end())
      multiply(times->second);
    else if (const auto many = words_.multipliers_suffixed.find(word); many != words_.multipliers_suffixed.end())
      multiply_and_write(many->second);
    else if (const auto before = words_.signs.find(word); before != words_.signs.end())
      begin_sign(word, before->second);
    else if (const auto currency = words_.currencies.find(word); currency != words_.currencies.end())
      end_currency(word, currency->second);
    else if (word == "per" || word == "percent")
      percent(word);
    else
      special(word);
  }

  void keep_number(Value value) { value_ = std::move(value); }

  static std::string leading_sign(const std::string& word) {
    for (const std::string sign : {"-", "+", "£", "€", "$", "¢"})
      if (word.starts_with(sign)) return sign;
    return "";
  }

  void digits(const std::string& word, const std::string& sign, const std::string& number) {
    if (value_ && !value_->is_integer && value_->text.ends_with('.')) {
      value_->text += word;  // decimals, or parts of an address
      return;
    }
    flush();
    if (!sign.empty()) sign_ = sign;
    const auto integer = whole(number, "");
    keep(integer.value_or(number), integer.has_value());
  }

  Value with_ones(const std::string& ones) const {
    if (!value_) return {ones, true};
    if (!value_->is_integer || words_.ones.contains(previous_)) {
      // "twenty" has left a zero for the digit.
      if (words_.tens.contains(previous_) && ones.size() == 1)
        return {value_->text.substr(0, value_->text.size() - 1) + ones, false};
      return {value_->text + ones, false};
    }
    if (value_->ends_in_zeros(ones.size())) return {value_->plus(ones), true};
    return {value_->text + ones, false};
  }

  Value with_tens(const std::string& tens) const {
    if (!value_) return {tens, true};
    if (value_->is_integer && value_->ends_in_zeros(2)) return {value_->plus(tens), true};
    return {value_->text + tens, false};
  }

  void multiply(const std::string& zeros) {
    if (value_ && value_->is_integer) return keep(value_->times(zeros), true);
    if (value_) {
      if (const auto number = whole(value_->text, zeros)) return keep(*number, true);
      flush();
    }
    keep("1" + zeros, true);
  }

  void multiply_and_write(const Suffixed& multiplier) {
    const auto& [zeros, suffix] = multiplier;
    if (!value_) return write("1" + zeros + suffix);
    const auto number = value_->is_integer ? std::optional(value_->times(zeros)) : whole(value_->text, zeros);
    if (number) return write(*number + suffix);
    flush();
    write("1" + zeros + suffix);
  }

  void begin_sign(const std::string& word, const std::string& sign) {
    flush();
    if (next_makes_a_number())
      sign_ = sign;
    else
      write(word);
  }

  void end_currency(const std::string& word, const std::string& currency) {
    if (!value_) return write(word);
    sign_ = currency;
    flush();
  }

  void percent(const std::string& word) {
    if (!value_) return write(word);
    if (word == "percent") return write(value_->text + "%");
    if (next_ == "cent") {
      write(value_->text + "%");
      return skip_next();
    }
    flush();
    write(word);
  }

  void special(const std::string& word) {
    if (!next_makes_a_number()) {
      flush();
      write(word);
    } else if (word == "and") {
      if (words_.multipliers.contains(previous_)) return;  // a hundred and one
      flush();
      write(word);
    } else if (word == "point") {
      if (words_.is_decimal(next_) || is_numeric(next_)) keep(text_so_far() + ".", false);
    } else if (const auto ones = words_.ones.find(next_); ones != words_.ones.end() || words_.is_zero(next_)) {
      const std::string digit = ones != words_.ones.end() ? ones->second : "0";
      keep(text_so_far() + digit + digit + (word == "triple" ? digit : ""), false);
      skip_next();
    } else {
      flush();
      write(word);
    }
  }

  const NumberWords& words_ = number_words();
  const std::vector<std::string>& in_;
  std::vector<std::string> out_;
  std::size_t at_ = 0;
  std::string previous_, next_;
  std::string sign_;
  std::optional<Value> value_;
};

/// "two and a half" as "two point five".
std::string with_halves(const std::string& text) {
  const auto segments = Regex::cached(R"(\band\s+a\s+half\b)").split(text);
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto words = python_split(segments[i]);
    if (words.empty()) continue;
    parts.push_back(segments[i]);
    if (i + 1 == segments.size()) continue;
    const std::string last(words.back());
    const bool number = number_words().is_decimal(last) || number_words().multipliers.contains(last);
    parts.push_back(number ? "point five" : "and a half");
  }
  return join(parts, " ");
}

/// Letters and digits apart, but for endings of numbers.
std::string prepared(const std::string& text) {
  std::string line = substitute("([a-z])([0-9])", with_halves(text), "\\1 \\2");
  line = substitute("([0-9])([a-z])", line, "\\1 \\2");
  return substitute(R"(([0-9])\s+(st|nd|rd|th|s)\b)", line, "\\1\\2");
}

/// "$2 and ¢7" as $2.07, "$0.50" as ¢50, and 1 as one.
std::string finished(const std::string& text) {
  std::string line = substitute("([€£$])([0-9]+) (?:and )?¢([0-9]{1,2})\\b", text, [](const Regex::Match& match) {
    const std::string& cents = *match.groups[2];
    return *match.groups[0] + *match.groups[1] + "." + (cents.size() == 1 ? "0" : "") + cents;
  });
  line = substitute("[€£$]0.([0-9]{1,2})\\b", line,
                    [](const Regex::Match& match) { return "¢" + without_leading_zeros(*match.groups[0]); });
  return substitute(R"(\b1(s?)\b)", line, "one\\1");
}

}  // namespace

std::string with_digits(const std::string& text) {
  const std::string line = prepared(text);
  std::vector<std::string> words;
  for (const auto word : python_split(line)) words.emplace_back(word);
  return finished(Reader(words).read());
}

}  // namespace lmms_eval::metrics
