#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lmms_eval/export.h"

namespace lmms_eval {

/// Lower-case hex sha256 of the bytes.
LMMS_EVAL_API std::string sha256_hex(std::string_view bytes);

/// sha256 of data that comes in pieces.
class LMMS_EVAL_API Sha256 {
 public:
  Sha256();
  ~Sha256();
  void update(std::string_view bytes);
  /// Lower-case hex; the object is spent afterwards.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lmms_eval
