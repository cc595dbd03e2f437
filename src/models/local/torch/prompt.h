#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lmms_eval/request.h"
#include "models/local/chat_template.h"
#include "models/local/tokenizer.h"
#include "models/local/torch/image_store.h"

namespace lmms_eval::local {

/// A request as the model sees it: token ids, and where in them which picture lies.
struct Prompt {
  struct Picture {
    std::int64_t offset = 0;  ///< of its first token in `ids`
    std::shared_ptr<StoredImage> image;
  };

  std::vector<std::int32_t> ids;  ///< pictures already expanded to their number of image tokens
  std::vector<Picture> pictures;
  /// Log-likelihood: where the continuation begins in `ids`; generation: ids.size().
  std::size_t context_length = 0;
};

/// Makes prompts from requests: chat template, tokens, pictures. Thread-safe.
class PromptBuilder {
 public:
  /// `system_prompt` is put before conversations that have no system turn; empty: none. `max_length`: in tokens.
  PromptBuilder(const Family& family, const Tokenizer& tokenizer, const ChatTemplate& chat_template, ImageStore& images,
                std::string system_prompt, std::int64_t max_length);

  /// The rendered prompt, each picture one image token's text. A last message by the assistant is an answer that was
  /// begun: the prompt ends with it, as with continue_final_message of transformers.
  std::string text(const Request& request) const;
  /// Throws Error{data} for what makes only this request unanswerable: an undecodable picture, media that the model
  /// does not take, image tokens in the text itself, a prompt that is too long.
  Prompt build(const Request& request) const;

 private:
  std::vector<std::int32_t> encode(const std::string& context, const std::string& continuation,
                                   std::size_t& split) const;

  const Family& family_;
  const Tokenizer& tokenizer_;
  const ChatTemplate& template_;
  ImageStore& images_;
  std::string system_prompt_;
  std::int64_t max_length_;
};

}  // namespace lmms_eval::local
