#include "base/base64.h"

#include <array>
#include <cstdint>

#include "base/errors.h"

namespace lmms_eval {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> make_reverse() {
  std::array<std::int8_t, 256> reverse{};
  for (auto& value : reverse) value = -1;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    reverse[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  return reverse;
}

constexpr auto kReverse = make_reverse();

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  const auto* in = reinterpret_cast<const unsigned char*>(bytes.data());
  char* out = text.data();
  std::size_t left = bytes.size();
  for (; left >= 3; left -= 3, in += 3) {
    *out++ = kAlphabet[in[0] >> 2];
    *out++ = kAlphabet[(in[0] & 3) << 4 | in[1] >> 4];
    *out++ = kAlphabet[(in[1] & 15) << 2 | in[2] >> 6];
    *out++ = kAlphabet[in[2] & 63];
  }
  if (left > 0) {
    const unsigned second = left > 1 ? in[1] : 0;
    *out++ = kAlphabet[in[0] >> 2];
    *out++ = kAlphabet[(in[0] & 3) << 4 | second >> 4];
    if (left > 1) *out++ = kAlphabet[(second & 15) << 2];
  }
  return text;
}

std::string base64_decode(std::string_view text) {
  if (text.size() % 4 != 0)
    throw errors::data("base64 text of {} characters: the length must be a multiple of 4", text.size());
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    const int value = kReverse[static_cast<unsigned char>(c)];
    if (value < 0) throw errors::data("base64 text: character '{}' is not in the alphabet", c);
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(bits >> count & 255);
    }
  }
  return bytes;
}

}  // namespace lmms_eval
