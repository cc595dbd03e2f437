#include "metrics/ter_edits.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <optional>

#include "base/errors.h"

namespace lmms_eval::metrics {
namespace {

// Tercom's limits, and sacrebleu's on the number of moves that are tried.
constexpr std::size_t kLongestMove = 10;
constexpr std::ptrdiff_t kFarthestMove = 50;
constexpr std::ptrdiff_t kBeam = 25;
constexpr int kMostCandidates = 1000;

using Words = std::vector<std::uint32_t>;

// In the order of preference among equal costs: what makes the hypothesis from the reference.
enum class Edit : char { none, keep, replace, remove, insert };

struct Alignment {
  std::size_t edits = 0;
  std::vector<Edit> path;  ///< from the first words to the last
};

/// Edit distance within a beam around the diagonal.
Alignment align(const Words& hypothesis, const Words& reference) {
  constexpr std::size_t kUnreached = 1'000'000'000;
  struct Cell {
    std::size_t cost = kUnreached;
    Edit edit = Edit::none;
  };
  const auto rows = static_cast<std::ptrdiff_t>(hypothesis.size());
  const auto columns = static_cast<std::ptrdiff_t>(reference.size());
  std::vector<Cell> table(static_cast<std::size_t>((rows + 1) * (columns + 1)));
  const auto cell = [&](std::ptrdiff_t i, std::ptrdiff_t j) -> Cell& {
    return table[static_cast<std::size_t>(i * (columns + 1) + j)];
  };
  for (std::ptrdiff_t j = 0; j <= columns; ++j) cell(0, j) = {static_cast<std::size_t>(j), Edit::insert};
  const double ratio = rows == 0 ? 1.0 : static_cast<double>(columns) / static_cast<double>(rows);
  const std::ptrdiff_t beam = static_cast<double>(kBeam) < ratio / 2
                                  ? static_cast<std::ptrdiff_t>(std::ceil(ratio / 2 + static_cast<double>(kBeam)))
                                  : kBeam;
  for (std::ptrdiff_t i = 1; i <= rows; ++i) {
    const auto diagonal = static_cast<std::ptrdiff_t>(std::floor(static_cast<double>(i) * ratio));
    const std::ptrdiff_t end = i == rows ? columns + 1 : std::min(columns + 1, diagonal + beam);
    for (std::ptrdiff_t j = std::max<std::ptrdiff_t>(0, diagonal - beam); j < end; ++j) {
      Cell& here = cell(i, j);
      if (j > 0) {
        const bool same = hypothesis[static_cast<std::size_t>(i - 1)] == reference[static_cast<std::size_t>(j - 1)];
        const std::size_t cost = cell(i - 1, j - 1).cost + !same;
        if (cost < here.cost) here = {cost, same ? Edit::keep : Edit::replace};
      }
      if (const std::size_t cost = cell(i - 1, j).cost + 1; cost < here.cost) here = {cost, Edit::remove};
      if (j == 0) continue;
      if (const std::size_t cost = cell(i, j - 1).cost + 1; cost < here.cost) here = {cost, Edit::insert};
    }
  }
  Alignment result{cell(rows, columns).cost, {}};
  for (std::ptrdiff_t i = rows, j = columns; i > 0 || j > 0;) {
    const Edit edit = cell(i, j).edit;
    if (edit == Edit::none) throw errors::internal("translation edits: the beam does not reach the end");
    result.path.push_back(edit);
    i -= edit != Edit::insert;
    j -= edit != Edit::remove;
  }
  std::reverse(result.path.begin(), result.path.end());
  return result;
}

/// Where each word of the reference stands in the hypothesis, and which words on either side are wrong.
struct Positions {
  std::vector<std::ptrdiff_t> in_hypothesis;
  std::vector<bool> reference_wrong, hypothesis_wrong;
};

Positions positions_of(const std::vector<Edit>& path) {
  Positions positions;
  std::ptrdiff_t at = -1;
  for (const Edit edit : path) {
    if (edit != Edit::insert) {
      ++at;
      positions.hypothesis_wrong.push_back(edit != Edit::keep);
    }
    if (edit == Edit::remove) continue;
    positions.in_hypothesis.push_back(at);
    positions.reference_wrong.push_back(edit != Edit::keep);
  }
  return positions;
}

/// A block of words that occurs in both.
struct Block {
  std::size_t in_hypothesis, in_reference, length;
};

std::vector<Block> common_blocks(const Words& hypothesis, const Words& reference) {
  std::vector<Block> blocks;
  for (std::size_t h = 0; h < hypothesis.size(); ++h) {
    for (std::size_t r = 0; r < reference.size(); ++r) {
      if (std::abs(static_cast<std::ptrdiff_t>(r) - static_cast<std::ptrdiff_t>(h)) > kFarthestMove) continue;
      for (std::size_t length = 1; length <= kLongestMove; ++length) {
        if (h + length > hypothesis.size() || r + length > reference.size() ||
            hypothesis[h + length - 1] != reference[r + length - 1])
          break;
        blocks.push_back({h, r, length});
      }
    }
  }
  return blocks;
}

/// The words with the block of `length` at `start` moved to before the word at `target`, which counts without the block
/// when it lies within it or right behind it.
Words moved(const Words& words, std::size_t start, std::size_t length, std::size_t target) {
  Words result = words;
  const auto at = [&](std::size_t i) {
    return result.begin() + static_cast<std::ptrdiff_t>(std::min(i, words.size()));
  };
  if (target < start)
    std::rotate(at(target), at(start), at(start + length));
  else if (target > start + length)
    std::rotate(at(start), at(start + length), at(target));
  else
    std::rotate(at(start), at(start + length), at(length + target));
  return result;
}

/// How good a move is: by the edits it saves, its length, then how early it begins and ends.
struct Rank {
  std::ptrdiff_t saved, length, start, target;
  auto operator<=>(const Rank&) const = default;
};

struct Move {
  Rank rank;
  Words words;
};

bool any(const std::vector<bool>& flags, std::size_t begin, std::size_t length) {
  return std::any_of(flags.begin() + static_cast<std::ptrdiff_t>(begin),
                     flags.begin() + static_cast<std::ptrdiff_t>(begin + length), [](bool flag) { return flag; });
}

/// The best move, if there is one to try. `candidates` counts those tried.
std::optional<Move> best_move(const Words& hypothesis, const Words& reference, int& candidates) {
  const Alignment alignment = align(hypothesis, reference);
  const Positions positions = positions_of(alignment.path);
  std::optional<Move> best;
  for (const auto& [start, in_reference, length] : common_blocks(hypothesis, reference)) {
    if (!any(positions.hypothesis_wrong, start, length) || !any(positions.reference_wrong, in_reference, length))
      continue;
    const auto first = static_cast<std::ptrdiff_t>(start), count = static_cast<std::ptrdiff_t>(length);
    const std::ptrdiff_t now = positions.in_hypothesis[in_reference];
    if (first <= now && now < first + count) continue;
    std::ptrdiff_t previous = -1;
    for (std::ptrdiff_t offset = -1; offset < count; ++offset) {
      const std::ptrdiff_t in = static_cast<std::ptrdiff_t>(in_reference) + offset;
      if (in >= static_cast<std::ptrdiff_t>(reference.size())) break;
      const std::ptrdiff_t target = in == -1 ? 0 : positions.in_hypothesis[static_cast<std::size_t>(in)] + 1;
      if (target == previous) continue;
      previous = target;
      Words words = moved(hypothesis, start, length, static_cast<std::size_t>(target));
      const auto edits = align(words, reference).edits;
      ++candidates;
      const Rank rank{static_cast<std::ptrdiff_t>(alignment.edits) - static_cast<std::ptrdiff_t>(edits), count, -first,
                      -target};
      if (!best || rank > best->rank) best = Move{rank, std::move(words)};
    }
    if (candidates >= kMostCandidates) break;
  }
  return best;
}

}  // namespace

std::size_t translation_edits(Words hypothesis, const Words& reference) {
  if (reference.empty()) return hypothesis.size();
  std::size_t moves = 0;
  int candidates = 0;
  for (;;) {
    auto move = best_move(hypothesis, reference, candidates);
    if (candidates >= kMostCandidates || !move || move->rank.saved <= 0) break;
    ++moves;
    hypothesis = std::move(move->words);
  }
  return moves + align(hypothesis, reference).edits;
}

}  // namespace lmms_eval::metrics
