// Templates that would loop, nest or grow without end are errors.
#include "render.h"

namespace lmms_eval::tmpl {
namespace {

std::string repeated(std::string_view text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

TEST(Limits, EndRecursiveMacros) {
  EXPECT_NE(error_of("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}").find("maximum recursion depth exceeded"),
            std::string::npos);
  EXPECT_NE(
      error_of("{% macro m(x) %}{{ [x, m(x)|upper ~ '']|join if true }}{% endmacro %}{{ m(1) }}").find("recursion"),
      std::string::npos);
  EXPECT_NE(error_of("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}").find("recursion"), std::string::npos);
}

TEST(Limits, AllowRecursionToADepthOfHundreds) {
  EXPECT_EQ(render("{% macro m(n) %}{% if n > 0 %}{{ m(n - 1) }}{% else %}end{% endif %}{% endmacro %}{{ m(200) }}"),
            "end");
}

TEST(Limits, BoundTheNestingOfSource) {
  EXPECT_NE(error_of("{{ " + repeated("(", 5000) + repeated(")", 5000) + " }}").find("nested too deeply"),
            std::string::npos);
  EXPECT_NE(error_of("{{ " + repeated("[", 100000)).find("nested too deeply"), std::string::npos);
  EXPECT_NE(error_of("{{ " + repeated("not ", 100000) + "1 }}").find("nested too deeply"), std::string::npos);
  EXPECT_NE(error_of("{{ " + repeated("-", 100000) + "1 }}").find("nested too deeply"), std::string::npos);
  EXPECT_NE(error_of("{{ 1" + repeated(" + 1", 100000) + " }}").find("nested too deeply"), std::string::npos);
  EXPECT_NE(error_of("{{ 1" + repeated("|abs", 100000) + " }}").find("nested too deeply"), std::string::npos);
  EXPECT_NE(error_of("{{ x" + repeated(".a", 100000) + " }}").find("nested too deeply"), std::string::npos);
  EXPECT_NE(error_of("{{ 1" + repeated(" if 1 else 1", 100000) + " }}").find("nested too deeply"), std::string::npos);
  EXPECT_NE(error_of(repeated("{% if 1 %}", 100000)).find("nested too deeply"), std::string::npos);
  EXPECT_NE(error_of("{% if 0 %}" + repeated("{% elif 1 %}", 100000)), "");
}

TEST(Limits, RunLongFlatTemplates) {
  EXPECT_EQ(render("{{ 1" + repeated(" ~ 1", 5000) + " }}").size(), 5001u);
  EXPECT_EQ(render(repeated("{% if 1 %}a{% endif %}", 5000)).size(), 5000u);
  EXPECT_EQ(render("{% if 0 %}" + repeated("{% elif 0 %}", 2000) + "{% else %}x{% endif %}"), "x");
}

TEST(Limits, BoundSizes) {
  EXPECT_NE(error_of("{{ 'x' * 999999999999 }}"), "");
  EXPECT_NE(error_of("{{ [1] * 999999999999 }}"), "");
  EXPECT_NE(error_of("{{ range(999999999999)|list }}"), "");
  EXPECT_NE(error_of("{{ '%999999999d' % 1 }}"), "");
  EXPECT_NE(error_of("{{ '{:999999999}'.format(1) }}"), "");
  EXPECT_NE(error_of("{{ 'x'.ljust(999999999999) }}"), "");
  EXPECT_NE(error_of("{{ 'x'|indent(999999999999) }}"), "");
  EXPECT_NE(error_of("{{ [1]|batch(999999999999, 0)|list }}"), "");
  EXPECT_NE(error_of("{% set x = 'xxxxxxxx' %}" + repeated("{% set x = x ~ x %}", 40)), "");
}

TEST(Limits, BoundWorkOnListsThatHoldOneAnotherManyTimes) {
  const std::string bomb =
      "{% set ns = namespace(a=[1], b=[1]) %}{% for i in range(60) %}"
      "{% set ns.a = [ns.a, ns.a] %}{% set ns.b = [ns.b, ns.b] %}{% endfor %}";
  EXPECT_EQ(render(bomb + "built"), "built");
  for (const char* use : {"{{ ns.a }}", "{{ ns.a == ns.b }}", "{{ ns.a|tojson }}"})
    EXPECT_NE(error_of(bomb + use).find("template ran for more than"), std::string::npos) << use;
}

TEST(Limits, BoundWhatIsWritten) {
  EXPECT_NE(error_of("{% for i in range(2000) %}{{ 'x' * 100000 }}{% endfor %}").find("template wrote more than"),
            std::string::npos);
  EXPECT_NE(error_of("{% for i in range(200000) %}" + repeated("long text ", 100) + "{% endfor %}").find("wrote more"),
            std::string::npos);
  EXPECT_NE(error_of("{{ ('x\n' * 100000)|indent('y' * 10000) }}").find("string is too long"), std::string::npos);
}

TEST(Limits, EndLoopsOverGrowingLists) {
  EXPECT_NE(error_of("{% set l = [1] %}{% for x in l %}{% set _ = l.append(x) %}{% endfor %}"), "");
}

TEST(Limits, RefuseContainersThatHoldThemselves) {
  EXPECT_EQ(error_of("{% set l = [] %}{% set _ = l.append([l]) %}"),
            "<template>:1:36: a list cannot be put into itself");
  EXPECT_NE(error_of("{% set d = {} %}{% set _ = d.update(x=d) %}"), "");
  EXPECT_NE(error_of("{% set ns = namespace() %}{% set ns.x = [ns] %}"), "");
  EXPECT_NE(error_of("{% set ns = namespace() %}{% set ns.x = cycler(ns) %}"), "");
}

TEST(Limits, StopAtValuesNestedTooDeeply) {
  const std::string build =
      "{% set ns = namespace(x=[]) %}{% for i in range(20000) %}{% set ns.x = [ns.x] %}{% endfor %}";
  EXPECT_NE(error_of(build).find("nested too deeply"), std::string::npos);
  EXPECT_NE(error_of("{% set ns = namespace(x='') %}{% for i in range(20000) %}{% set ns.x = ns.x|map('upper') %}{% "
                     "endfor %}{{ ns.x|list }}"),
            "");
}

TEST(Limits, FreeMacrosThatReferToEachOther) {
  EXPECT_EQ(render("{% macro a() %}{% macro b() %}{{ c() }}{% endmacro %}{% macro c() %}{{ b is defined }}{% endmacro "
                   "%}{{ b() }}{% endmacro %}"
                   "{% for i in range(1000) %}{% set x = a() %}{% endfor %}{{ a() }}"),
            "True");
}

}  // namespace
}  // namespace lmms_eval::tmpl
