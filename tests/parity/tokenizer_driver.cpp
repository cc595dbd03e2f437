// Serves tests/parity/test_tokenizer.py: one JSON request a line on stdin, one JSON answer a line on stdout.
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lmms_eval/error.h"
#include "models/local/chat_template.h"
#include "models/local/tokenizer.h"

namespace {

using lmms_eval::MediaKind;
using lmms_eval::MediaRef;
using lmms_eval::Message;
using lmms_eval::Part;
using lmms_eval::Role;
using lmms_eval::local::ChatTemplate;
using lmms_eval::local::Tokenizer;
using nlohmann::json;

std::optional<Tokenizer> tokenizer;

/// [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "..."}]}]
std::vector<Message> messages_of(const json& list) {
  std::vector<Message> messages;
  for (const auto& item : list) {
    const auto role = item.at("role").get<std::string>();
    Message message;
    message.role = role == "system" ? Role::system : role == "assistant" ? Role::assistant : Role::user;
    for (const auto& part : item.at("content")) {
      message.parts.push_back(part.at("type") == "text"
                                  ? Part::of_text(part.at("text"))
                                  : Part::of_media(MediaRef::from_bytes(MediaKind::image, "", "image")));
    }
    messages.push_back(std::move(message));
  }
  return messages;
}

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
  if (call == "chat") {
    const auto found = ChatTemplate::load(request.at("folder").get<std::string>(), request.value("name", ""));
    if (!found) return {{"none", true}};
    return {{"text", found->render(messages_of(request.at("messages")), request.at("generate").get<bool>())}};
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
