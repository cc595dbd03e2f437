#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lmms_eval/export.h"

namespace lmms_eval {

/// Python's random.Random, bit for bit (MT19937): few-shot examples and bootstrapped errors, and so results, depend on
/// it.
class LMMS_EVAL_API PythonRandom {
 public:
  /// Random(seed) for an integer; nothing seeds from the operating system, as Random(None).
  explicit PythonRandom(std::optional<std::int64_t> seed);

  std::uint64_t getrandbits(int bits);       ///< 1 to 64 bits
  double random();                           ///< [0, 1)
  std::uint64_t randbelow(std::uint64_t n);  ///< [0, n)
  /// Indices that random.sample(range(n), k) returns. REQUIRES k <= n.
  std::vector<std::size_t> sample(std::size_t n, std::size_t k);
  /// Indices that random.choices(range(n), k=len(picks)) returns. REQUIRES n < 2^31.
  void choices(std::size_t n, std::span<std::uint32_t> picks);

 private:
  std::uint32_t next();
  void refill();
  void seed_by(const std::vector<std::uint32_t>& key);

  std::array<std::uint32_t, 624> state_{}, tempered_{};
  std::size_t index_ = 624;
};

}  // namespace lmms_eval
