#include <chrono>
#include <ctime>

#include "render.h"

namespace lmms_eval::tmpl {
namespace {

const Json kMessages = {{{"role", "user"}, {"content", "Hi"}}, {{"role", "assistant"}, {"content", "Yo"}}};

TEST(ChatTemplate, RendersChatMl) {
  const auto source =
      "{% for message in messages %}\n{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + "
      "'<|im_end|>\\n' }}\n{% endfor %}\n"
      "{% if add_generation_prompt %}\n{{ '<|im_start|>assistant\\n' }}\n{% endif %}\n";
  EXPECT_EQ(render_chat(source, {{"messages", kMessages}, {"add_generation_prompt", true}}),
            "<|im_start|>user\nHi<|im_end|>\n\n<|im_start|>assistant\nYo<|im_end|>\n\n<|im_start|>assistant\n\n");
}

TEST(ChatTemplate, RaisesItsOwnErrors) {
  EXPECT_EQ(error_of("{{ raise_exception('roles must alternate') }}", {}, TemplateOptions::chat_template()),
            "roles must alternate");
  EXPECT_EQ(render("{{ raise_exception is defined }}{{ strftime_now is defined }}"), "FalseFalse");
}

TEST(ChatTemplate, AsksItsClock) {
  auto options = TemplateOptions::chat_template();
  std::tm noon{};
  noon.tm_year = 124;
  noon.tm_mon = 6;
  noon.tm_mday = 26;
  noon.tm_hour = 12;
  noon.tm_isdst = -1;
  const auto time = std::chrono::system_clock::from_time_t(std::mktime(&noon));
  options.clock = [time] { return time + std::chrono::microseconds(42); };
  EXPECT_EQ(render("{{ strftime_now('%d %b %Y %H:%M %f %%') }}|{{ strftime_now('') }}", {}, options),
            "26 Jul 2024 12:00 000042 %|");
}

TEST(ChatTemplate, WritesGenerationTagsThrough) {
  EXPECT_EQ(render_chat("a{% generation %}{% set x = 1 %}{{ x }}{% endgeneration %}{{ x is defined }}"), "a1False");
  EXPECT_NE(error_of("{% generation %}{% endgeneration %}"), "");
}

TEST(ChatTemplate, LimitsRangesAndNamespaces) {
  EXPECT_NE(error_of("{{ range(100001)|length }}", {}, TemplateOptions::chat_template()), "");
  EXPECT_EQ(render("{{ range(100001)|length }}"), "100001");
  EXPECT_NE(error_of("{% set ns = namespace(_x=1) %}", {}, TemplateOptions::chat_template()), "");
}

TEST(ChatTemplate, SelectsContentParts) {
  const auto source =
      "{% for m in messages %}{% for c in m.content|selectattr('type', 'equalto', 'image') %}<image>{% endfor %}"
      "{% for c in m.content|selectattr('type', 'equalto', 'text') %}{{ '\\n' ~ c.text }}{% endfor %}{% endfor %}";
  const Json content = {{{"type", "text"}, {"text", "What?"}}, {{"type", "image"}}};
  EXPECT_EQ(render_chat(source, {{"messages", {{{"role", "user"}, {"content", content}}}}}), "<image>\nWhat?");
}

}  // namespace
}  // namespace lmms_eval::tmpl
