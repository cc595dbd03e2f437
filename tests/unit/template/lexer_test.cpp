#include "template/lexer.h"

#include "render.h"

namespace lmms_eval::tmpl {
namespace {

std::vector<std::string> texts(std::string_view source) {
  std::vector<std::string> result;
  for (const auto& token : tokenize(source, {})) result.push_back(token.describe());
  return result;
}

TEST(Lexer, CutsTagsTextAndOperators) {
  EXPECT_EQ(texts("a{{ x//2 ** y }}b"), (std::vector<std::string>{"template text", "{{", "x", "//", "2", "**", "y",
                                                                  "}}", "template text", "end of template"}));
}

TEST(Lexer, GivesLinesAndColumnsInCharacters) {
  const auto tokens = tokenize("é\n  世{{ name }}", {});
  ASSERT_EQ(tokens[2].text, "name");
  EXPECT_EQ(tokens[2].at.line, 2u);
  EXPECT_EQ(tokens[2].at.column, 7u);
}

TEST(Lexer, EndsTagsOnlyOutsideOfBrackets) {
  EXPECT_EQ(render("{{ {'a': {'b': 1}}['a']['b'] }}"), "1");
  EXPECT_EQ(render("{{ '}}' ~ \"%}\" }}"), "}}%}");
}

TEST(Lexer, ReadsNumbersAsPythonWritesThem) {
  EXPECT_EQ(render("{{ [1_000, 0x1f, 0b11, 0o17, 1.5e3, 2e-2, 0.5] }}"), "[1000, 31, 3, 15, 1500.0, 0.02, 0.5]");
  EXPECT_EQ(error_of("{{ 9223372036854775808 }}"),
            "<template>:1:4: integer 9223372036854775808 does not fit in 64 bits");
}

TEST(Lexer, ResolvesEscapesInStrings) {
  EXPECT_EQ(render(R"({{ "a\tb\x41\u00e9\U0001F600\N{BULLET}\101\q" }})"), "a\tbAé😀•A\\q");
  EXPECT_EQ(render(R"({{ "\ud83d\ude00" }})"), "😀");
  EXPECT_EQ(error_of(R"({{ "\x4" }})"), "<template>:1:4: truncated \\x escape in a string");
  EXPECT_EQ(error_of(R"({{ "\ud83d" }})"), "<template>:1:4: half of a surrogate pair in a string");
}

TEST(Lexer, DropsOneNewlineAtTheEndUnlessAsked) {
  EXPECT_EQ(render("a\n\n"), "a\n");
  TemplateOptions options;
  options.keep_trailing_newline = true;
  EXPECT_EQ(render("a\n\n", {}, options), "a\n\n");
}

TEST(Lexer, UnifiesLineBreaks) { EXPECT_EQ(render("a\r\nb\rc\r\n"), "a\nb\nc"); }

TEST(Lexer, StripsWhereSignsSay) {
  EXPECT_EQ(render("a \n {%- if true -%} \n b \n {%- endif %} c"), "ab c");
  EXPECT_EQ(render("a {#- x -#} b"), "ab");
  EXPECT_EQ(render("a {{- 1 -}} b"), "a1b");
}

TEST(Lexer, TrimsAndStripsBlocks) {
  TemplateOptions options;
  options.trim_blocks = true;
  options.lstrip_blocks = true;
  const auto source = "a\n  {% if true %}\n  b {{ 1 }}\n  {# c #}\n  {%+ endif +%}\nd";
  EXPECT_EQ(render(source, {}, options), "a\n  b 1\n  \nd");
  EXPECT_EQ(render("x {% if true %}\ny{% endif %}", {}, options), "x y");
}

TEST(Lexer, KeepsRawText) {
  EXPECT_EQ(render("{% raw %}{{ x }} {% if %}{# #}{% endraw %}!"), "{{ x }} {% if %}{# #}!");
  EXPECT_EQ(render("a {%- raw -%} {{ b }} {%- endraw -%} c"), "a{{ b }}c");
}

TEST(Lexer, NamesWhatIsNotClosed) {
  EXPECT_EQ(error_of("a\n{# b"), "<template>:2:1: Missing end of comment tag");
  EXPECT_EQ(error_of("{% raw %}x"), "<template>:1:1: Missing end of raw directive");
  EXPECT_EQ(error_of("{{ (1 }}"), "<template>:1:7: unexpected '}', expected ')'");
  EXPECT_EQ(error_of("{{ 'a }}"), "<template>:1:4: unexpected char \"'\": the string has no end");
  EXPECT_EQ(error_of("{{ a ? b }}"), "<template>:1:6: unexpected char '?'");
}

TEST(Lexer, RefusesTextThatIsNotUtf8) {
  EXPECT_EQ(error_of("a\xFF"), "<template>:1:1: the template is not valid UTF-8");
}

}  // namespace
}  // namespace lmms_eval::tmpl
