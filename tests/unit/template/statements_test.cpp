#include "render.h"

namespace lmms_eval::tmpl {
namespace {

TEST(For, TellsWhereItIs) {
  EXPECT_EQ(render("{% for x in 'abc' %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ "
                   "loop.length }}"
                   "{{ loop.first }}{{ loop.last }};{% endfor %}"),
            "10323TrueFalse;21213FalseFalse;32103FalseTrue;");
  EXPECT_EQ(render("{% for x in [1, 2, 3] %}{{ loop.previtem|default('-') }}{{ loop.nextitem|default('-') }}{{ "
                   "loop.cycle('a', 'b') }} "
                   "{% endfor %}"),
            "-2a 13b 2-a ");
  EXPECT_EQ(render("{% for x in [1, 1, 2] %}{{ loop.changed(x) }}{% endfor %}"), "TrueFalseTrue");
}

TEST(For, CountsOnlyWhatPassesItsTest) {
  EXPECT_EQ(
      render(
          "{% for x in range(6) if x is odd %}{{ loop.index }}/{{ loop.length }}:{{ x }} {% else %}none{% endfor %}"),
      "1/3:1 2/3:3 3/3:5 ");
  EXPECT_EQ(render("{% for x in [2] if x is odd %}{{ x }}{% else %}none{% endfor %}"), "none");
}

TEST(For, UnpacksItems) {
  EXPECT_EQ(render("{% for k, (a, b) in [('x', (1, 2)), ('y', [3, 4])] %}{{ k }}{{ a }}{{ b }}{% endfor %}"), "x12y34");
  EXPECT_EQ(error_of("{% for a, b in [(1, 2, 3)] %}{% endfor %}"),
            "<template>:1:8: too many values to unpack (expected 2)");
  EXPECT_EQ(error_of("{% for a, b in [1] %}{% endfor %}"), "<template>:1:8: cannot unpack non-iterable int object");
}

TEST(For, StopsAndSkips) {
  EXPECT_EQ(render("{% for x in range(9) %}{% if x == 1 %}{% continue %}{% endif %}{% if x == 4 %}{% break %}{% endif "
                   "%}{{ x }}{% endfor %}"),
            "023");
  EXPECT_EQ(error_of("{% break %}"), "<template>:1:4: 'break' outside loop");
  TemplateOptions options;
  options.loop_controls = false;
  EXPECT_EQ(error_of("{% for x in [] %}{% break %}{% endfor %}", {}, options),
            "<template>:1:21: Encountered unknown tag 'break'. Jinja was looking for the following tags: 'endfor' or "
            "'else'. The "
            "innermost block that needs to be closed is 'for'.");
}

TEST(For, RunsRecursively) {
  const auto tree = Json::parse(R"([{"v": 1, "kids": [{"v": 2}, {"v": 3, "kids": [{"v": 4}]}]}, {"v": 5}])");
  EXPECT_EQ(render("{% for n in tree recursive %}({{ loop.depth }}:{{ n.v }}{% if n.kids is defined %}{{ loop(n.kids) "
                   "}}{% endif %}){% endfor %}",
                   {{"tree", tree}}),
            "(1:1(2:2)(2:3(3:4)))(1:5)");
  EXPECT_EQ(error_of("{% for x in [1] %}{{ loop([]) }}{% endfor %}"),
            "<template>:1:26: The loop must have the 'recursive' marker to be called recursively.");
}

TEST(If, TakesTheFirstTrueBranch) {
  EXPECT_EQ(render("{% if 0 %}a{% elif '' %}b{% elif [0] %}c{% else %}d{% endif %}"), "c");
  EXPECT_EQ(render("{% if none %}a{% else %}d{% endif %}"), "d");
}

TEST(Set, UnpacksAndCapturesBlocks) {
  EXPECT_EQ(render("{% set a, b = 1, 2 %}{{ b }}{{ a }}"), "21");
  EXPECT_EQ(render("{% set x %} a{{ 1 }} {% endset %}{{ x|trim }}{% set y|upper|trim %} b {% endset %}{{ y }}"), "a1B");
}

TEST(Macros, TakeDefaultsKeywordsAndRests) {
  EXPECT_EQ(render("{% macro m(a, b=a, c='z') %}{{ a }}{{ b }}{{ c }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1) "
                   "}}{{ m(1, 2, 3, 4, q=5) }}{{ "
                   "m(c=1, a=2) }}"),
            "11z(){}123(4,){'q': 5}221(){}");
  EXPECT_EQ(error_of("{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}"),
            "<template>:1:35: macro 'm' takes not more than 1 argument(s)");
  EXPECT_EQ(error_of("{% macro m(a) %}{% endmacro %}{{ m(b=2) }}"),
            "<template>:1:35: macro 'm' takes no keyword argument 'b'");
}

TEST(Macros, CallBackTheirCaller) {
  EXPECT_EQ(render("{% macro each(xs) %}{% for x in xs %}[{{ caller(x) }}]{% endfor %}{% endmacro %}{% call(v) "
                   "each([1, 2]) %}{{ v * 2 }}{% endcall %}"),
            "[2][4]");
}

TEST(Macros, Recurse) {
  EXPECT_EQ(
      render("{% macro f(n) %}{% if n > 1 %}{{ n * (f(n - 1)|int) }}{% else %}1{% endif %}{% endmacro %}{{ f(10) }}"),
      "3628800");
}

TEST(FilterBlocks, FilterWhatTheyHold) {
  EXPECT_EQ(render("{% filter replace('a', 'b')|upper %}banana{% endfilter %}"), "BBNBNB");
  EXPECT_EQ(render("{% macro m() %}{% filter upper %}x{% endfilter %}{% endmacro %}{% filter replace('a', m()) "
                   "%}banana{% endfilter %}"),
            "bXnXnX");
}

TEST(Blocks, AreWrittenInPlace) { EXPECT_EQ(render("{% set v = 1 %}a{% block b %}{{ v }}{% endblock b %}c"), "a1c"); }

TEST(Functions, CycleAndJoin) {
  EXPECT_EQ(render("{% set c = cycler('a', 'b') %}{% set j = joiner('|') %}{% for i in range(3) %}{{ j() }}{{ c.next() "
                   "}}{% endfor %}{{ c.current }}"),
            "a|b|ab");
  EXPECT_EQ(render("{{ range(5, 0, -2)|list }}{{ range(10)[2:5] }}{{ range(3)|last }}"), "[5, 3, 1]range(2, 5)2");
}

TEST(Tags, ThatLoadOtherTemplatesAreRefused) {
  for (const auto* tag : {"include", "import", "extends", "from"}) {
    EXPECT_EQ(error_of("{% " + std::string(tag) + " 'x' %}"),
              "<template>:1:4: {% " + std::string(tag) + " %} is not supported: a template cannot load others");
  }
}

TEST(Tags, MustBeClosed) {
  EXPECT_EQ(error_of("{% if x %}\n{% for y in x %}"),
            "<template>:2:17: Unexpected end of template. Jinja was looking for the following tags: 'endfor' or "
            "'else'. The innermost "
            "block that needs to be closed is 'for'.");
  EXPECT_EQ(error_of("{% endif %}"), "<template>:1:4: Encountered unknown tag 'endif'.");
}

}  // namespace
}  // namespace lmms_eval::tmpl
