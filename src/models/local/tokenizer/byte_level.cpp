#include "models/local/tokenizer/byte_level.h"

#include <array>

#include "models/local/tokenizer/unicode_data.h"

namespace lmms_eval::local::tokenization {
namespace {

struct Tables {
  std::array<std::string, 256> text;
  std::array<int, 0x144> byte;  // of a character, -1 if it is none

  Tables() {
    byte.fill(-1);
    char32_t next = 0x100;
    for (int b = 0; b < 256; ++b) {
      const bool visible = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      const char32_t c = visible ? static_cast<char32_t>(b) : next++;
      append_utf8(text[static_cast<std::size_t>(b)], c);
      byte[c] = b;
    }
  }
};

const Tables& tables() {
  static const Tables tables;
  return tables;
}

}  // namespace

const std::string_view kByteLevelWords =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

void append_byte_level(std::string& out, std::string_view bytes) {
  const auto& text = tables().text;
  for (const char c : bytes) out += text[static_cast<unsigned char>(c)];
}

std::optional<std::string> bytes_of_byte_level(std::string_view text) {
  const auto& bytes = tables().byte;
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (c >= bytes.size() || bytes[c] < 0) return std::nullopt;
    result.push_back(static_cast<char>(bytes[c]));
  }
  return result;
}

}  // namespace lmms_eval::local::tokenization
