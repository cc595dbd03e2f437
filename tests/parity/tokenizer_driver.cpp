// Serves tests/parity/test_tokenizer.py: one JSON request a line on stdin, one JSON answer a line on stdout.
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lmms_eval/error.h"
#include "models/local/tokenizer.h"

namespace {

using lmms_eval::local::Tokenizer;
using nlohmann::json;

std::optional<Tokenizer> tokenizer;

json answer(const json& request) {
  const auto& call = request.at("call").get_ref<const std::string&>();
  if (call == "load") {
    tokenizer = Tokenizer::load(request.at("folder").get<std::string>());
    return {{"vocab_size", tokenizer->vocab_size()},
            {"bos", tokenizer->bos_id()},
            {"eos", tokenizer->eos_id()},
            {"pad", tokenizer->pad_id()}};
  }
  if (call == "encode") {
    json ids = json::array();
    for (const auto& text : request.at("texts")) {
      ids.push_back(tokenizer->encode(text.get_ref<const std::string&>(), request.at("special").get<bool>()));
    }
    return {{"ids", ids}};
  }
  if (call == "decode") {
    json texts = json::array();
    for (const auto& ids : request.at("ids")) {
      texts.push_back(tokenizer->decode(ids.get<std::vector<std::int32_t>>(), request.at("skip").get<bool>()));
    }
    return {{"texts", texts}};
  }
  throw std::invalid_argument("unknown call " + call);
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    json reply;
    try {
      reply = answer(json::parse(line));
    } catch (const std::exception& error) {
      reply = {{"error", error.what()}};
    }
    std::cout << reply.dump() << std::endl;
  }
}
