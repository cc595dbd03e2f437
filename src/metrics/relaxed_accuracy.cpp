// Relaxed accuracy (ChartQA): numbers within 5 % are right, texts must be equal but for case.
#include <unicode/uchar.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "base/errors.h"
#include "base/python_text.h"
#include "base/regex.h"
#include "base/text.h"
#include "metrics/arguments.h"
#include "metrics/metric.h"
#include "metrics/words.h"

namespace lmms_eval::metrics {
namespace {

/// Decimal digits of all scripts as ASCII, since Python's float() reads them.
std::string with_ascii_digits(std::string_view text) {
  std::string result;
  for (const char32_t c : utf8_to_utf32(text)) {
    const auto digit =
        u_charType(static_cast<UChar32>(c)) == U_DECIMAL_DIGIT_NUMBER ? u_charDigitValue(static_cast<UChar32>(c)) : -1;
    result += digit >= 0 ? std::string(1, static_cast<char>('0' + digit)) : utf8_of(c);
  }
  return result;
}

/// Python's float(text).
std::optional<double> python_float(std::string_view text) {
  static const Regex kNumber(
      R"(^[+-]?((\d+(_\d+)*)?\.\d+(_\d+)*|\d+(_\d+)*\.?)(e[+-]?\d+(_\d+)*)?$|^[+-]?(inf|infinity|nan)$)", true);
  std::string number = with_ascii_digits(python_strip(text));
  if (!kNumber.search(number) || number.ends_with('\n')) return std::nullopt;
  std::erase(number, '_');
  const bool negative = number.starts_with('-');
  if (negative || number.starts_with('+')) number.erase(0, 1);
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error == std::errc::result_out_of_range) value = std::strtod(number.c_str(), nullptr);
  return negative ? -value : value;
}

std::optional<double> number_of(std::string_view text) {
  if (!text.ends_with('%')) return python_float(text);
  while (text.ends_with('%')) text.remove_suffix(1);
  const auto value = python_float(text);
  return value ? std::optional(*value / 100.0) : std::nullopt;
}

Json relaxed_accuracy(const GenerationAnswer& answer, const Json& arguments) {
  if (answer.predictions.size() != 1 || answer.references.size() != 1)
    throw errors::data("relaxed_accuracy needs one answer a doc, not {}", answer.predictions.size());
  const std::string &prediction = answer.predictions[0], &target = answer.references[0];
  const auto ours = number_of(prediction), theirs = number_of(target);
  if (ours && theirs && *theirs != 0)
    return std::abs(*ours - *theirs) / std::abs(*theirs) <= number(arguments, "max_relative_change", 0.05) ? 1.0 : 0.0;
  return lower_unicode(prediction) == lower_unicode(target) ? 1.0 : 0.0;
}

const Registration kRegistration{
    Metric{.name = "relaxed_accuracy",
           .aggregation = "mean",
           .arguments = {"max_relative_change"},
           .check = [](const Json& arguments) { number(arguments, "max_relative_change", 0); },
           .generation = relaxed_accuracy}};

}  // namespace
}  // namespace lmms_eval::metrics
