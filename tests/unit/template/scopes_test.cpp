#include "render.h"

namespace lmms_eval::tmpl {
namespace {

TEST(Scopes, LoopsKeepTheirAssignments) {
  EXPECT_EQ(render("{% set x = 0 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}"), "120")
      << "each iteration starts with the outer value";
}

TEST(Scopes, IfsShareTheOuterScope) {
  EXPECT_EQ(render("{% if true %}{% set x = 1 %}{% endif %}{{ x }}"), "1");
  EXPECT_EQ(render("{% if false %}{% set x = 1 %}{% endif %}{{ x }}", {{"x", 5}}), "5");
}

TEST(Scopes, NamespacesCarryValuesOutOfLoops) {
  EXPECT_EQ(
      render("{% set ns = namespace(n=0) %}{% for i in [1, 2, 3] %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}"),
      "6");
  EXPECT_EQ(error_of("{% set x = {} %}{% set x.a = 1 %}"),
            "<template>:1:24: cannot assign attribute on non-namespace object");
}

TEST(Scopes, WithHidesOuterValuesAndSeesThemInItsOwnAssignments) {
  EXPECT_EQ(render("{% set a = 1 %}{% with a = a + 1, b = a %}{{ a }}{{ b }}{% endwith %}{{ a }}"), "211");
}

TEST(Scopes, MacrosSeeVariablesOfWhereTheyAreDefined) {
  EXPECT_EQ(render("{% macro m() %}{{ v }}{% endmacro %}{% set v = 3 %}{{ m() }}{% set v = 4 %}{{ m() }}"), "34");
  EXPECT_EQ(render("{% set v = 1 %}{% macro m() %}{% set v = 2 %}{{ v }}{% endmacro %}{{ m() }}{{ v }}"), "21");
}

TEST(Scopes, MacrosOutliveTheirFunctionThroughANamespace) {
  EXPECT_EQ(render("{% set ns = namespace() %}{% macro make(x) %}{% macro a() %}{{ x }}{% endmacro %}{% macro b() %}{{ "
                   "a() }}!{% "
                   "endmacro %}{% set ns.f = b %}{% endmacro %}{{ make(7) }}{{ make(8) }}{{ ns.f() }}"),
            "8!");
}

TEST(Scopes, ContextIsReadWhereNothingIsAssigned) {
  EXPECT_EQ(render("{{ x }}{% set x = x ~ '!' %}{{ x }}", {{"x", "a"}}), "aa!");
  EXPECT_EQ(render("{% for i in [1, 2] %}{% if i == 2 %}{% set x = 'in' %}{% endif %}{{ x }}{% endfor %}{{ x }}",
                   {{"x", "a"}}),
            "aina");
}

TEST(Scopes, ContextHidesFunctions) { EXPECT_EQ(render("{{ range }}", {{"range", "mine"}}), "mine"); }

}  // namespace
}  // namespace lmms_eval::tmpl
