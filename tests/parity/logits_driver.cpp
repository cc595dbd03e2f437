// Runs a checkpoint on given messages and writes down what it computes, for tests that compare it with transformers.
//
//   logits_driver SPEC.json     prints a JSON object; logits go to files
//
// SPEC: {"checkpoint": folder, "dtype": "float32", "out": folder, "overrides": ["text_config.rope_theta=5000"],
//        "cases": [{"messages": [{"role": "user", "parts": [{"image": path}, {"text": "..."}]}],
//                   "forced": [ids put after the prompt for the logits],
//                   "roll_tiles": pixels by which the tiles (not the whole) are rolled down, a fault on purpose,
//                   "options": {"max_new_tokens": 8, "do_sample": true, ...}, "seed": 1,
//                   "continuation": "..."}]}
// Cases with "continuation" are scored together, all others are generated together with the options of the first.
// Answer: {"cases": [{"prompt", "ids", "logits": file, "generated": [ids], "text", "finish_reason"} or
//                    {"prompt", "ids", "logprob", "is_greedy"}]}. Logits: f32, [ids + forced, vocab].
#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "models/local/torch/local_model.h"

namespace {

using namespace lmms_eval;
using namespace lmms_eval::local;
using nlohmann::json;

Request request_of(const json& spec) {
  Request request;
  for (const auto& entry : spec.at("messages")) {
    Message message;
    const auto role = entry.at("role").get<std::string>();
    message.role = role == "system" ? Role::system : role == "assistant" ? Role::assistant : Role::user;
    for (const auto& part : entry.at("parts"))
      message.parts.push_back(part.contains("image")
                                  ? Part::of_media(MediaRef::from_file(MediaKind::image, part["image"]))
                                  : Part::of_text(part.at("text")));
    request.messages.push_back(std::move(message));
  }
  if (spec.contains("continuation")) {
    request.type = RequestType::loglikelihood;
    request.continuation = spec["continuation"];
  }
  return request;
}

GenerationOptions options_of(const json& spec) {
  GenerationOptions options;
  const auto read = [&]<typename T>(const char* key, std::optional<T>& field) {
    if (spec.contains(key)) field = spec[key].get<T>();
  };
  read("max_new_tokens", options.max_new_tokens);
  read("do_sample", options.do_sample);
  read("temperature", options.temperature);
  read("top_p", options.top_p);
  read("top_k", options.top_k);
  read("repetition_penalty", options.repetition_penalty);
  return options;
}

/// As if the rows that unpadding keeps lay elsewhere.
void roll_tiles(const Prompt& prompt, std::int64_t pixels) {
  for (const auto& picture : prompt.pictures) {
    auto& image = picture.image->processed;
    image.duplicate_tile = false;
    const auto all = at::from_blob(image.pixels.data(), {image.tiles, 3, image.tile.height, image.tile.width});
    const auto tiles = all.narrow(0, 1, image.tiles - 1);
    tiles.copy_(tiles.roll({pixels}, {2}));
  }
}

void write_logits(const Generator& generator, Prompt prompt, const json& spec, const std::string& file) {
  for (const auto& id : spec.value("forced", json::array())) prompt.ids.push_back(id.get<std::int32_t>());
  const auto logits = generator.all_logits(prompt).contiguous();
  std::ofstream(file, std::ios::binary)
      .write(static_cast<const char*>(logits.data_ptr()), static_cast<std::streamsize>(logits.nbytes()));
}

json run(const json& spec) {
  const c10::InferenceMode inference;
  LocalOptions options;
  options.folder = spec.at("checkpoint").get<std::string>();
  options.dtype = spec.value("dtype", "auto");
  options.device = "cpu";
  const auto checkpoint = Checkpoint::load(options, spec.value("overrides", std::vector<std::string>()));
  const Generator generator(*checkpoint.family, checkpoint.end_ids);
  ImageStore images(*checkpoint.family, 64);
  const PromptBuilder builder(*checkpoint.family, checkpoint.tokenizer, checkpoint.chat_template, images, "", 1 << 20);

  const auto& cases = spec.at("cases");
  json answers = json::array();
  std::vector<Prompt> prompts;
  std::vector<const Prompt*> scored, generated;
  for (const auto& entry : cases) {
    const auto request = request_of(entry);
    prompts.push_back(builder.build(request));
    if (entry.contains("roll_tiles")) roll_tiles(prompts.back(), entry["roll_tiles"]);
    answers.push_back({{"prompt", builder.text(request)}, {"ids", prompts.back().ids}});
  }
  std::vector<std::uint64_t> seeds;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    if (cases[i].contains("continuation")) {
      scored.push_back(&prompts[i]);
      continue;
    }
    generated.push_back(&prompts[i]);
    seeds.push_back(cases[i].value("seed", std::uint64_t{0}));
    const auto file = spec.at("out").get<std::string>() + "/logits_" + std::to_string(i) + ".f32";
    write_logits(generator, prompts[i], cases[i], file);
    answers[i]["logits"] = file;
  }
  const auto likelihoods = generator.score(scored);
  std::vector<Generated> texts;
  if (!generated.empty()) {
    const auto first = static_cast<std::size_t>(generated.front() - prompts.data());
    const auto asked = options_of(cases[first].value("options", json::object()));
    texts = generator.generate(generated, sampling_options(asked, checkpoint.generation, {}), seeds);
  }
  for (std::size_t i = 0, s = 0, g = 0; i < prompts.size(); ++i) {
    if (cases[i].contains("continuation")) {
      answers[i]["logprob"] = likelihoods[s].logprob;
      answers[i]["is_greedy"] = likelihoods[s++].is_greedy;
    } else {
      answers[i]["generated"] = texts[g].ids;
      answers[i]["text"] = checkpoint.tokenizer.decode(texts[g].ids);
      answers[i]["finish_reason"] = std::string(to_string(texts[g++].reason));
    }
  }
  return {{"cases", answers}, {"dtype", dtype_name(checkpoint.dtype)}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: logits_driver SPEC.json\n";
    return 2;
  }
  try {
    std::cout << run(json::parse(read_file(argv[1]))).dump() << std::endl;
  } catch (const std::exception& error) {
    std::cerr << "logits_driver: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
