#include "render.h"

namespace lmms_eval::tmpl {
namespace {

std::string value_of(std::string_view expression) { return render("{{ " + std::string(expression) + " }}"); }

TEST(StringMethods, Split) {
  EXPECT_EQ(value_of("'a,b,c'.split(',', 1)"), "['a', 'b,c']");
  EXPECT_EQ(value_of("' a  b c '.split()"), "['a', 'b', 'c']");
  EXPECT_EQ(value_of("' a b c '.split(none, 1)"), "['a', 'b c ']");
  EXPECT_EQ(value_of("' a b c '.rsplit(maxsplit=1)"), "[' a b', 'c']");
  EXPECT_EQ(value_of("'a\\nb\\r\\n'.splitlines()"), "['a', 'b']");
  EXPECT_EQ(value_of("'k=v=w'.partition('=')"), "('k', '=', 'v=w')");
  EXPECT_EQ(error_of("{{ 'a'.split('') }}"), "<template>:1:13: empty separator");
}

TEST(StringMethods, StripSetsOfCharacters) {
  EXPECT_EQ(value_of("'xyaxy'.strip('yx') ~ 'xyaxy'.lstrip('xy') ~ 'xyaxy'.rstrip('xy') ~ '\\u3000b '.strip()"),
            "aaxyxyab");
}

TEST(StringMethods, FindInCodePoints) {
  EXPECT_EQ(value_of("['é世é'.find('é', 1), 'é世é'.rfind('é'), 'abc'.find('x'), 'banana'.count('an')]"),
            "[2, 2, -1, 2]");
  EXPECT_EQ(value_of("['abc'.startswith(('x', 'a')), 'abc'.endswith('b', 0, 2), 'abc'.startswith('', 4)]"),
            "[True, True, False]");
  EXPECT_EQ(error_of("{{ 'abc'.index('x') }}"), "<template>:1:15: substring not found");
}

TEST(StringMethods, TellClassesOfCharacters) {
  EXPECT_EQ(
      value_of("['12'.isdigit(), '²'.isdigit(), '²'.isdecimal(), 'é'.isalpha(), ''.isalpha(), 'Ab Cd'.istitle()]"),
      "[True, True, False, True, False, True]");
}

TEST(StringMethods, Format) {
  EXPECT_EQ(value_of("'{:>5}|{:<5}|{:^5}|{:05d}|{:,}|{:.2f}|{:%}'.format('a', 'b', 'c', 42, 1234567, 2.5, 0.5)"),
            "    a|b    |  c  |00042|1,234,567|2.50|50.000000%");
  EXPECT_EQ(value_of("'{a[x]}{0!r:>{w}}{{}}'.format('q', a={'x': 1}, w=5)"), "1  'q'{}");
  EXPECT_EQ(value_of("'{:.3} {:.3} {:e} {:g} {:#x} {:+}'.format(123.0, 12.0, 1234.5, 1e-5, 255, 3)"),
            "1.23e+02 12.0 1.234500e+03 1e-05 0xff +3");
  EXPECT_EQ(error_of("{{ '{} {0}'.format(1) }}"),
            "<template>:1:19: cannot switch between manual field specification and automatic field numbering");
}

TEST(StringMethods, Pad) {
  EXPECT_EQ(value_of("'ab'.center(5, '*') ~ 'abc'.center(6, '*') ~ '-5'.zfill(4) ~ 'é'.rjust(3, '世')"),
            "**ab**abc**-005世世é");
}

TEST(ListMethods, ChangeTheList) {
  EXPECT_EQ(
      render("{% set l = [3, 1] %}{% set _ = l.append(2) %}{% set _ = l.insert(0, 9) %}{{ l.pop() }}{{ l }}{% set _ = "
             "l.sort() %}{{ l }}{{ l.index(3) }}{{ l.count(9) }}"),
      "2[9, 3, 1][1, 3, 9]11");
}

TEST(DictMethods, ReadAndChangeTheDict) {
  EXPECT_EQ(render("{% set d = {'a': 1} %}{% set _ = d.update({'b': 2}, c=3) %}{{ d.pop('a') }}{{ d.get('z', 0) }}{{ "
                   "d.setdefault('q', 5) }}{{ d }}{{ d.items()|list }}{{ d.keys() }}"),
            "105{'b': 2, 'c': 3, 'q': 5}[('b', 2), ('c', 3), ('q', 5)]dict_keys(['b', 'c', 'q'])");
  EXPECT_EQ(error_of("{{ {}.pop('x') }}"), "<template>:1:10: no key 'x' in the dict");
}

TEST(DictMethods, MayNotChangeTheDictOfARunningLoop) {
  EXPECT_EQ(error_of("{% set d = {'a': 1} %}{% for k in d %}{% set _ = d.update({k ~ 'x': 1}) %}{% endfor %}"),
            "<template>:1:35: dictionary changed size during iteration");
}

TEST(Methods, ThatChangeThingsAreHiddenFromImmutableTemplates) {
  EXPECT_EQ(error_of("{{ [1].append(2) }}", {}, TemplateOptions::chat_template()),
            "chat template:1:14: access to attribute 'append' of 'list' object is unsafe.");
  EXPECT_EQ(render_chat("[{{ {}.update }}{{ [].copy() }}]"), "[[]]");
}

TEST(Attributes, OfPythonsInsideAreHidden) {
  EXPECT_EQ(render("{{ 'x'.__class__ is defined }}{{ [].__len__ is defined }}"), "FalseFalse");
}

}  // namespace
}  // namespace lmms_eval::tmpl
