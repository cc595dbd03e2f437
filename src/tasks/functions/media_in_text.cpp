#include "tasks/functions/media_in_text.h"

#include <cctype>

#include "base/base64.h"
#include "base/errors.h"
#include "base/text.h"
#include "data/media_kind.h"

namespace lmms_eval::functions {

MediaRef media_in_text(const Doc& doc, const std::string& column, const Json& value,
                       const std::filesystem::path& folder) {
  if (!value.is_string()) {
    throw errors::data("doc {}: column '{}' (doc_to_visual) holds {}, which is neither a picture nor the path of one",
                       doc.id(), column, one_line(value.dump(), 60));
  }
  const std::string& text = value.get_ref<const std::string&>();
  if (const auto comma = text.find(";base64,"); text.starts_with("data:") && comma != text.npos) {
    std::string bytes = base64_decode(std::string_view(text).substr(comma + 8));
    const MediaKind kind = data::media_kind_of(bytes, "");
    return MediaRef::from_bytes(kind, std::move(bytes), "");
  }
  if (text.find("://") != text.npos)
    throw errors::data(
        "doc {}: column '{}' (doc_to_visual) holds the URL {}; only local files can be read in this version", doc.id(),
        column, one_line(text, 100));
  return MediaRef::from_file(data::media_kind_of("", text), (folder / text).string());
}

bool natural_less(const std::string& a, const std::string& b) {
  const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (!is_digit(a[i]) || !is_digit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
      continue;
    }
    const auto number = [&](const std::string& text, std::size_t& at) {
      while (at + 1 < text.size() && text[at] == '0' && is_digit(text[at + 1])) ++at;
      const std::size_t begin = at;
      while (at < text.size() && is_digit(text[at])) ++at;
      return text.substr(begin, at - begin);
    };
    const std::string first = number(a, i), second = number(b, j);
    if (first.size() != second.size()) return first.size() < second.size();
    if (first != second) return first < second;
  }
  return a.size() - i != b.size() - j ? a.size() - i < b.size() - j : a < b;
}

std::string kind_argument(const Arguments& arguments) {
  const std::string kind = arguments.text("kind");
  if (!kind.empty() && kind != "image" && kind != "video" && kind != "audio")
    throw arguments.wrong("kind", "must be image, video or audio, not '" + kind + "'");
  return kind;
}

MediaKind media_kind_named(const std::string& kind) {
  return kind == "video" ? MediaKind::video : kind == "audio" ? MediaKind::audio : MediaKind::image;
}

}  // namespace lmms_eval::functions
