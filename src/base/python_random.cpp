#include "base/python_random.h"

#include <bit>
#include <cmath>
#include <numeric>
#include <random>
#include <set>

namespace lmms_eval {
namespace {

constexpr std::size_t kN = 624;
constexpr std::size_t kM = 397;

}  // namespace

PythonRandom::PythonRandom(std::optional<std::int64_t> seed) {
  if (!seed) {
    std::random_device device;
    seed_by({device(), device(), device(), device()});
    return;
  }
  // Python seeds with the absolute value, split in 32-bit words, least significant first.
  const std::uint64_t value = *seed < 0 ? 0 - static_cast<std::uint64_t>(*seed) : static_cast<std::uint64_t>(*seed);
  std::vector<std::uint32_t> key = {static_cast<std::uint32_t>(value)};
  if (value >> 32) key.push_back(static_cast<std::uint32_t>(value >> 32));
  seed_by(key);
}

/// init_by_array of the reference MT19937.
void PythonRandom::seed_by(const std::vector<std::uint32_t>& key) {
  state_[0] = 19650218U;
  for (std::size_t i = 1; i < kN; ++i)
    state_[i] = 1812433253U * (state_[i - 1] ^ (state_[i - 1] >> 30)) + static_cast<std::uint32_t>(i);
  std::size_t i = 1, j = 0;
  for (std::size_t k = std::max(kN, key.size()); k > 0; --k) {
    state_[i] =
        (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1664525U)) + key[j] + static_cast<std::uint32_t>(j);
    if (++i >= kN) state_[0] = state_[kN - 1], i = 1;
    if (++j >= key.size()) j = 0;
  }
  for (std::size_t k = kN - 1; k > 0; --k) {
    state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1566083941U)) - static_cast<std::uint32_t>(i);
    if (++i >= kN) state_[0] = state_[kN - 1], i = 1;
  }
  state_[0] = 0x80000000U;
  index_ = kN;
}

std::uint32_t PythonRandom::next() {
  if (index_ >= kN) {
    for (std::size_t k = 0; k < kN; ++k) {
      const std::uint32_t y = (state_[k] & 0x80000000U) | (state_[(k + 1) % kN] & 0x7fffffffU);
      state_[k] = state_[(k + kM) % kN] ^ (y >> 1) ^ ((y & 1U) ? 0x9908b0dfU : 0U);
    }
    index_ = 0;
  }
  std::uint32_t y = state_[index_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680U;
  y ^= (y << 15) & 0xefc60000U;
  return y ^ (y >> 18);
}

std::uint64_t PythonRandom::getrandbits(int bits) {
  if (bits <= 32) return next() >> (32 - bits);
  const std::uint64_t low = next();
  return low | static_cast<std::uint64_t>(next() >> (64 - bits)) << 32;
}

double PythonRandom::random() {
  const std::uint32_t a = next() >> 5, b = next() >> 6;
  return (a * 67108864.0 + b) * (1.0 / 9007199254740992.0);
}

std::uint64_t PythonRandom::randbelow(std::uint64_t n) {
  const int bits = std::bit_width(n);
  std::uint64_t value = getrandbits(bits);
  while (value >= n) value = getrandbits(bits);
  return value;
}

void PythonRandom::choices(std::size_t n, std::span<std::uint32_t> picks) {
  for (auto& pick : picks) pick = static_cast<std::uint32_t>(random() * static_cast<double>(n));
}

std::vector<std::size_t> PythonRandom::sample(std::size_t n, std::size_t k) {
  std::vector<std::size_t> result(k);
  // As in random.py: a pool while it is small, a set of what was picked otherwise.
  std::size_t set_size = 21;
  if (k > 5)
    set_size += static_cast<std::size_t>(std::pow(4, std::ceil(std::log(static_cast<double>(k) * 3) / std::log(4.0))));
  if (n <= set_size) {
    std::vector<std::size_t> pool(n);
    std::iota(pool.begin(), pool.end(), std::size_t{0});
    for (std::size_t i = 0; i < k; ++i) {
      const auto j = static_cast<std::size_t>(randbelow(n - i));
      result[i] = pool[j];
      pool[j] = pool[n - i - 1];
    }
    return result;
  }
  std::set<std::size_t> picked;
  for (std::size_t i = 0; i < k; ++i) {
    auto j = static_cast<std::size_t>(randbelow(n));
    while (picked.count(j)) j = static_cast<std::size_t>(randbelow(n));
    picked.insert(j);
    result[i] = j;
  }
  return result;
}

}  // namespace lmms_eval
