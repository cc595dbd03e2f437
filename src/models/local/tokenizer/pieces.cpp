#include "models/local/tokenizer/pieces.h"

#include <algorithm>
#include <utility>

namespace lmms_eval::local::tokenization {
namespace {

void join_contiguous(std::vector<Span>& spans) {
  std::vector<Span> joined;
  bool previous = false;
  for (const auto& span : spans) {
    if (span.match == previous && !joined.empty()) {
      joined.back().end = span.end;
    } else {
      joined.push_back(span);
    }
    previous = span.match;
  }
  spans = std::move(joined);
}

/// A match joins what stands before it, unless that is a match.
void join_with_previous(std::vector<Span>& spans) {
  std::vector<Span> joined;
  bool previous = false;
  for (const auto& span : spans) {
    if (span.match && !previous && !joined.empty()) {
      joined.back().end = span.end;
    } else {
      joined.push_back(span);
    }
    previous = span.match;
  }
  spans = std::move(joined);
}

void join_with_next(std::vector<Span>& spans) {
  std::vector<Span> joined;
  bool previous = false;
  for (auto span = spans.rbegin(); span != spans.rend(); ++span) {
    if (span->match && !previous && !joined.empty()) {
      joined.back().begin = span->begin;
    } else {
      joined.push_back(*span);
    }
    previous = span->match;
  }
  std::reverse(joined.begin(), joined.end());
  spans = std::move(joined);
}

void apply(SplitBehavior behavior, std::vector<Span>& spans) {
  switch (behavior) {
    case SplitBehavior::removed:
      std::erase_if(spans, [](const Span& span) { return span.match; });
      return;
    case SplitBehavior::isolated:
      return;
    case SplitBehavior::contiguous:
      return join_contiguous(spans);
    case SplitBehavior::merged_with_previous:
      return join_with_previous(spans);
    case SplitBehavior::merged_with_next:
      return join_with_next(spans);
  }
}

}  // namespace

void PieceList::split(const Pattern& pattern, SplitBehavior behavior, bool invert) {
  std::vector<Piece> finer;
  finer.reserve(pieces.size() * 2);
  for (const auto& piece : pieces) {
    if (piece.token >= 0) {
      finer.push_back(piece);
      continue;
    }
    auto spans = pattern.cut(view(piece));
    if (invert) {
      for (auto& span : spans) span.match = !span.match;
    }
    apply(behavior, spans);
    for (const auto& span : spans) {
      if (span.begin == span.end) continue;
      finer.push_back({piece.begin + span.begin, piece.begin + span.end, -1, piece.at_start && span.begin == 0});
    }
  }
  pieces = std::move(finer);
}

}  // namespace lmms_eval::local::tokenization
