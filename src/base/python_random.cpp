#include "base/python_random.h"

#include <algorithm>
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
  if (index_ >= kN) refill();
  return tempered_[index_++];
}

/// The next 624 numbers, in loops that a compiler can turn into vector instructions.
void PythonRandom::refill() {
  const auto twisted = [](std::uint32_t high, std::uint32_t low) {
    const std::uint32_t y = (high & 0x80000000U) | (low & 0x7fffffffU);
    return (y >> 1) ^ ((0U - (y & 1U)) & 0x9908b0dfU);
  };
  for (std::size_t k = 0; k < kN - kM; ++k) state_[k] = state_[k + kM] ^ twisted(state_[k], state_[k + 1]);
  for (std::size_t k = kN - kM; k < kN - 1; ++k) state_[k] = state_[k + kM - kN] ^ twisted(state_[k], state_[k + 1]);
  state_[kN - 1] = state_[kM - 1] ^ twisted(state_[kN - 1], state_[0]);
  for (std::size_t k = 0; k < kN; ++k) {
    std::uint32_t y = state_[k];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680U;
    y ^= (y << 15) & 0xefc60000U;
    tempered_[k] = y ^ (y >> 18);
  }
  index_ = 0;
}

std::uint64_t PythonRandom::getrandbits(int bits) {
  if (bits <= 32) return next() >> (32 - bits);
  const std::uint64_t low = next();
  return low | static_cast<std::uint64_t>(next() >> (64 - bits)) << 32;
}

namespace {

/// 53 bits as a number below 1.
double fraction(std::uint32_t a, std::uint32_t b) {
  // Signed, since processors convert these faster; 27 and 26 bits fit.
  const auto high = static_cast<std::int32_t>(a >> 5), low = static_cast<std::int32_t>(b >> 6);
  return (high * 67108864.0 + low) * (1.0 / 9007199254740992.0);
}

}  // namespace

double PythonRandom::random() {
  const std::uint32_t a = next(), b = next();
  return fraction(a, b);
}

std::uint64_t PythonRandom::randbelow(std::uint64_t n) {
  const int bits = std::bit_width(n);
  std::uint64_t value = getrandbits(bits);
  while (value >= n) value = getrandbits(bits);
  return value;
}

void PythonRandom::choices(std::size_t n, std::span<std::uint32_t> picks) {
  const double count = static_cast<double>(n);
  std::size_t done = 0;
  while (done < picks.size()) {
    if (index_ >= kN) refill();
    const std::size_t pairs = std::min((kN - index_) / 2, picks.size() - done);
    const std::uint32_t* numbers = tempered_.data() + index_;
    std::uint32_t* to = picks.data() + done;
    for (std::size_t i = 0; i < pairs; ++i)
      to[i] =
          static_cast<std::uint32_t>(static_cast<std::int32_t>(fraction(numbers[2 * i], numbers[2 * i + 1]) * count));
    done += pairs;
    index_ += 2 * pairs;
    // A pair that lies across the refill.
    if (done < picks.size() && index_ + 1 == kN) picks[done++] = static_cast<std::uint32_t>(random() * count);
  }
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
