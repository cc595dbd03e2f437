#include "template/template.h"

#include <set>
#include <thread>

#include "render.h"
#include "template/operators.h"

namespace lmms_eval::tmpl {
namespace {

TEST(Template, NamesItsPlaceInErrors) {
  const auto options = named("tasks/mme/mme.yaml:12 doc_to_text");
  EXPECT_EQ(error_of("a\nb {{ question }}", {}, options),
            "tasks/mme/mme.yaml:12 doc_to_text:2:6: 'question' is undefined");
  EXPECT_EQ(error_of("a\n{% if %}", {}, options),
            "tasks/mme/mme.yaml:12 doc_to_text:2:7: Expected an expression, got '%}'");
  EXPECT_EQ(error_of("{% macro m(x) %}\n{{ x + 'a' }}\n{% endmacro %}{{ m(1) }}", {}, options),
            "tasks/mme/mme.yaml:12 doc_to_text:2:6: unsupported operand type(s) for +: 'int' and 'str'");
}

TEST(Template, IsParsedOnceAndRenderedByManyThreads) {
  const auto source =
      "{% macro m(x) %}<{{ x }}>{% endmacro %}{% for i in range(n) %}{{ m(i) }}{% set n = n + 1 %}{% endfor %}{{ n }}";
  const auto shared = Template::parse(source);
  std::vector<std::string> results(8);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) results[static_cast<std::size_t>(t)] = shared.render(Json{{"n", t}});
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(results[0], "0");
  EXPECT_EQ(results[3], "<0><1><2>3");
  EXPECT_EQ(results[7], "<0><1><2><3><4><5><6>7");
}

TEST(Template, TellsWhichVariablesItNeeds) {
  const auto names =
      Template::parse("{{ b }}{% set c = 1 %}{{ c }}{% for x in a %}{{ x }}{{ d.e }}{{ range(2) }}{% endfor %}{{ b }}")
          .undeclared_variables();
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), (std::set<std::string>{"a", "b", "d"}));
}

TEST(Template, ReadsOnlyTheVariablesItUses) {
  const auto context = Json::parse(R"({"big": 18446744073709551615, "x": 1})");
  EXPECT_EQ(render("{{ x }}", context), "1");
  EXPECT_THROW(render("{{ big }}", context), Error);
}

TEST(Template, TakesValuesAndChangesTheirLists) {
  const auto list = Value::list({1});
  EXPECT_EQ(Template::parse("{% set _ = l.append(2) %}{{ l }}").render(Value::dict({{"l", list}})), "[1, 2]");
  EXPECT_EQ(repr(list), "[1, 2]");
}

TEST(Template, MayLeaveMacrosBehindThatCannotBeCalledLater) {
  const auto list = Value::list();
  const auto context = Value::dict({{"l", list}});
  EXPECT_EQ(
      Template::parse(
          "{% macro m() %}x{% endmacro %}{% set _ = l.append(m) %}{% set _ = l.append([1]|map('abs')) %}{{ l|length }}")
          .render(context),
      "2");
  EXPECT_THROW(Template::parse("{{ l[0]() }}").render(context), Error);
  EXPECT_THROW(Template::parse("{{ l[1]|list }}").render(context), Error);
}

TEST(Template, RefusesAContextThatIsNoObject) {
  const auto parsed = Template::parse("x");
  EXPECT_THROW(parsed.render(Json::array()), Error);
  EXPECT_THROW(parsed.render(Value(1)), Error);
}

TEST(Template, CanBeEmpty) {
  EXPECT_EQ(render(""), "");
  EXPECT_EQ(render("\n"), "");
}

TEST(Expression, HasAValue) {
  const Json context = {{"n", {3, 1, 2}}, {"s", "x"}};
  EXPECT_EQ(Expression::parse("n|sort").evaluate(context).to_json(), Json({1, 2, 3}));
  EXPECT_EQ(Expression::parse("n[0] / 2").evaluate(context).as_double(), 1.5);
  EXPECT_EQ(Expression::parse("s, n|length").evaluate(context).to_json(), Json({"x", 3}));
  EXPECT_EQ(repr(Expression::parse("{'a': n|map('string'), 'r': range(2)}").evaluate(context)),
            "{'a': ['3', '1', '2'], 'r': [0, 1]}");
}

TEST(Expression, RefusesWhatIsNoPlainValue) {
  EXPECT_THROW(Expression::parse("namespace(a=1)").evaluate(Json::object()), Error);
  EXPECT_THROW(Expression::parse("x").evaluate(Json::object()), Error);
  EXPECT_TRUE(Expression::parse("x", lenient()).evaluate(Json::object()).is_undefined());
  EXPECT_THROW(Expression::parse("a b"), Error);
  EXPECT_THROW(Expression::parse("(a"), Error);
  EXPECT_THROW(Expression::parse(""), Error);
}

}  // namespace
}  // namespace lmms_eval::tmpl
