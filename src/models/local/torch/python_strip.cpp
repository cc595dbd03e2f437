#include "models/local/torch/python_strip.h"

#include <algorithm>
#include <array>

namespace lmms_eval::local {
namespace {

constexpr std::array<std::string_view, 29> kSpaces = {
    " ",      "\t",     "\n",     "\r",     "\f",     "\v",     "\x1c",   "\x1d",   "\x1e",   "\x1f",
    "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
    "\u2007", "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};

}  // namespace

std::string_view python_rstrip(std::string_view text) {
  for (;;) {
    const auto space = std::ranges::find_if(kSpaces, [&](auto each) { return text.ends_with(each); });
    if (space == kSpaces.end()) return text;
    text.remove_suffix(space->size());
  }
}

std::string_view python_strip(std::string_view text) {
  text = python_rstrip(text);
  for (;;) {
    const auto space = std::ranges::find_if(kSpaces, [&](auto each) { return text.starts_with(each); });
    if (space == kSpaces.end()) return text;
    text.remove_prefix(space->size());
  }
}

}  // namespace lmms_eval::local
