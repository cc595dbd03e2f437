"""Templates whose rendering by the product must be that of jinja2: lists of expressions and of whole templates."""

CONTEXT = {
    "name": "World",
    "text": "The quick brown fox\njumps over\n\nthe lazy dog",
    "padded": "  x y  ",
    "empty": "",
    "uni": "Grüße, 世界 😀 ﬁ ß",
    "n": 7,
    "neg": -7,
    "zero": 0,
    "f": 2.5,
    "big": 123456789012345678,
    "yes": True,
    "no": False,
    "nothing": None,
    "nums": [3, 1, 2],
    "words": ["pear", "Apple", "fig", "apple"],
    "mixed": [1, "a", None, True, 2.5, [1], {"k": "v"}],
    "nested": {"a": {"b": [10, {"c": "deep"}]}, "items": "shadowed", "x y": 1},
    "d": {"b": 2, "a": 1, "C": 3},
    "emptylist": [],
    "emptydict": {},
    "users": [
        {"name": "Ann", "age": 30, "city": {"name": "Oslo"}, "active": True},
        {"name": "bob", "age": 25, "city": {"name": "Rome"}, "active": False},
        {"name": "Cid", "age": 30, "city": {"name": "oslo"}, "active": True},
        {"name": "dee", "age": 25, "active": False},
    ],
    "html": "<a href='x'>T & \"q\"</a>",
    "options": ["red", "green", "blue"],
    "answer": 1,
    "question": "What is it?",
    "tree": [{"v": 1, "kids": [{"v": 2, "kids": []}, {"v": 3, "kids": [{"v": 4}]}]}, {"v": 5}],
}

# One a line; each is rendered as {{ … }} by the strict and by the lenient environment.
EXPRESSIONS = r"""
1
-1
1.0
1e3
1e16
1.5e-7
1e22
1e-5
0.1 + 0.2
1_000
0x1F
0b101
0o17
1_0.5
1.
.5
'a' 'b'
"tab\there"
'q\'q'
"\x41\u00e9\U0001F600\N{BULLET}"
'\d\z'
'line\
joined'
true, false, none
True
None
[]
[1, 2,]
(1,)
()
(1, 2)
1, 2
{}
{'a': 1, 'b': [1, 2]}
{'a': 1,}
{1: 'x', 2.5: 'y', none: 0, true: 2}
[1, 'a', none, true, 1.0, "it's", 'say "x"', 'both \' and "']
['\n', '\t', '\\', '\x00', 'é', '\x7f', '\u200b']
1 + 2 * 3
(1 + 2) * 3
2 ** 3 ** 2
-2 ** 2
2 ** -1
7 // 2
neg // 2
7 // -2
7 % 3
neg % 3
7 % -3
7.5 // 2
-7.5 // 2
7.5 % 2
-7.5 % 2
7 / 2
6 / 3
1 / 3
1 / 0
1 // 0
1 % 0
1.0 / 0
2 ** 0.5
0 ** -1
true + true
'a' + 'b'
'a' * 3
3 * 'ab'
'a' * -1
[1] + [2]
[1, 2] * 2
(1,) + (2,)
(1,) * 2
'a' + 1
1 + 'a'
[1] + (1,)
none + 1
-'a'
+true
+5
- 5 | abs
-5 | abs
not true
not not 1
1 and 2
0 and 2
0 or 'x'
'' or none
none or false
1 or 1/0
1 if yes else 2
1 if no else 2
1 if no
(1 if no) is defined
'a' if no else 'b' if no else 'c'
1 ~ 'a' ~ none ~ 2.0
1 ~ 2 + 3
1 == 1.0
1 == true
'1' == 1
'a' < 'b'
'a' < 1
1 < 2 < 3
1 < 3 < 2
3 > 2 >= 2 != 1
[1, 2] < [1, 3]
[1, 2] == (1, 2)
(1, 2) < (1, 2, 0)
{'a': 1} == {'a': 1.0}
none == false
none < 1
1 in [1, 2]
1 not in [1, 2]
'a' in 'abc'
1 in 'abc'
'a' in {'a': 1}
2 in (1, 2)
not 1 in [1]
1 in 5
'x' in nothing
3 in range(5)
2.0 in range(5)
name
missing
missing.x
missing['x']
missing + 1
missing == 1
missing == missing
missing is defined
missing is undefined
missing or 'd'
missing and 1
not missing
missing ~ 'x'
missing in [1]
1 in missing
[missing]
missing | length
missing | list
missing | default('d')
missing | d
nothing | default('d')
nothing | default('d', true)
empty | default('d', boolean=true)
missing.x | default('d')
nested.nope.x
nested.nope
nested.nope is defined
nested.nope.x is defined
nested.a.b[1].c
nested['a']['b'][0]
nested.a.b.0
nested.items
nested['items']
nested.items is callable
nested['x y']
nested.a['nope'] | default('no')
d.a
d['a']
d['nope']
d.get('a')
d.get('nope')
d.get('nope', 5)
d.keys() | list
d.values() | list
d.items() | list
d.keys()
d.items()
d.values()
d | length
d | list
d | items | list
missing | items | list
'x' | items | list
d.items() | length
d.keys() is iterable
d.keys() is sequence
'a' in d.keys()
('a', 1) in d.items()
2 in d.values()
nums[0]
nums[-1]
nums[5]
nums[5] is defined
nums['a']
nums['0']
nums.0
nums[1:]
nums[:-1]
nums[::-1]
nums[::2]
nums[5:]
nums[-2:]
nums[1:2]
nums[none:none]
nums[2:0:-1]
nums[::0]
nums['a':]
'abcdef'[1:4]
'abcdef'[::-1]
'abcdef'[-3:]
'abcdef'[10:]
'abcdef'[4:1:-1]
'abcdef'[-100:2]
(1, 2, 3)[1:]
uni[7]
uni[7:9]
uni[-1]
uni[::-1]
uni | length
uni | upper
uni | lower
uni | title
uni | capitalize
uni | reverse
uni | list
uni.upper()
uni.title()
uni.swapcase()
uni.casefold()
[uni]
uni.find('世')
uni.index('界')
'ß'.upper()
'ΑΣ'.lower()
'İ'.lower() | length
'ǆ'.title()
'straße'.title()
"they're bill's".title()
"they're bill's" | title
'foo-bar (baz) [qux] {x} <y' | title
'hELLO wORLD' | capitalize
'hello world'.capitalize()
'x'.upper
name.nope
name.nope()
name.upper(1)
'a,b,c'.split(',')
'a,b,c'.split(',', 1)
'a,b,c'.split(',', maxsplit=1)
'a,b,c'.rsplit(',', 1)
'a  b c'.split()
'  a  b c '.split()
' a b c '.split(none, 1)
' a b c '.rsplit(none, 1)
'a--b'.split('-')
''.split()
''.split(',')
'abc'.split('')
'a,b,c'.split(sep=',')
text.split('\n')
text.splitlines()
text.splitlines(true)
'a\r\nb\rc\x0bd\u2028e'.splitlines()
'a=b=c'.partition('=')
'a=b=c'.rpartition('=')
'abc'.partition('x')
'abc'.rpartition('x')
padded.strip()
padded.lstrip()
padded.rstrip()
'xxaxx'.strip('x')
'xyaxy'.lstrip('yx')
'xyaxy'.rstrip('yx')
'\u3000a\u00a0'.strip()
padded | trim
'xxaxx' | trim('x')
'aXbX'.replace('X', '-')
'aXbX'.replace('X', '-', 1)
'abc'.replace('', '-')
'abc'.replace('', '-', 2)
'aXbX' | replace('X', '-')
'aXbX' | replace('X', '-', 1)
'aXbX' | replace(old='X', new='-', count=1)
123 | replace(2, 'x')
'abc' | replace('a')
'abc'.startswith('a')
'abc'.startswith(('x', 'a'))
'abc'.startswith(['a'])
'abc'.startswith('b', 1)
'abc'.startswith('')
'abc'.startswith('', 4)
'abc'.startswith(1)
'abc'.endswith('c')
'abc'.endswith('b', 0, 2)
'abc'.endswith(('x', 'c'))
'banana'.find('na')
'banana'.find('na', 3)
'banana'.rfind('na')
'banana'.find('x')
'banana'.find('na', -2)
'banana'.index('x')
'banana'.rindex('na')
'banana'.count('a')
'banana'.count('ana')
'banana'.count('')
'banana'.count('a', 2, 4)
', '.join(words)
', '.join(nums)
', '.join('abc')
''.join([])
'-'.join(d)
'x'.join(missing)
'abc'.isdigit()
'123'.isdigit()
'²'.isdigit()
'²'.isdecimal()
'½'.isnumeric()
''.isdigit()
'abc'.isalpha()
'ab1'.isalnum()
' \t'.isspace()
'ABC'.isupper()
'Abc'.isupper()
'abc1'.islower()
'Abc Def'.istitle()
'ABC'.isascii()
'a b'.isidentifier()
'a\n'.isprintable()
'5'.zfill(3)
'-5'.zfill(4)
'ab'.ljust(5, '*')
'ab'.rjust(5)
'ab'.center(5, '*')
'abc'.center(6, '*')
'a\tb'.expandtabs(4)
'prefix_x'.removeprefix('prefix_')
'x.txt'.removesuffix('.txt')
'{} and {}'.format(1, 'b')
'{0}{1}{0}'.format('a', 'b')
'{a} {b}'.format(a=1, b=2)
'{:>5}|{:<5}|{:^5}'.format('a', 'b', 'c')
'{:05d} {:x} {:#x} {:b} {:o} {:,}'.format(42, 255, 255, 5, 8, 1234567)
'{:.2f} {:e} {:g} {:.3} {:%}'.format(3.14159, 12345.678, 0.0001, 2.71828, 0.25)
'{:+} {: } {:+.1f}'.format(5, 5, 2.55)
'{!r} {!s}'.format('x', 'y')
'{{}} {}'.format(1)
'{:*^9}'.format('mid')
'{0[a]} {0[b]}'.format({'a': 1, 'b': 2})
'{:{}}'.format('x', 4)
'{:_}'.format(1234567)
'{:.0f}'.format(2.5)
'{:.1f}'.format(0.25)
'{}'.format()
'{'.format(1)
'{:d}'.format('x')
'{:s}'.format(1)
'{:08.3f}'.format(-3.14159)
'{:010,}'.format(1234)
'{:.3}'.format(123.0)
'{:.3}'.format(12.0)
'{:10.3}|'.format('abcdef')
'%s %d %.2f' % ('a', 5, 2.345)
'%s' % 'x'
'%s' % 5
'%d' % 3.9
'%d' % 'x'
'%5s|%-5s|' % ('a', 'b')
'%05d|%+d|% d' % (42, 5, 5)
'%x %X %o %#x' % (255, 255, 8, 255)
'%e %g %G' % (12345.678, 0.00001, 1e20)
'%(a)s %(b)d' % {'a': 'x', 'b': 2}
'%%' % ()
'%s %s' % ('a',)
'%s' % ('a', 'b')
'abc' % [1]
'abc' % 1
'%r' % 'it'
'%c' % 65
'%.3s' % 'abcdef'
'%*d' % (5, 42)
'%s %s' | format('a', 2)
'%(x)s' | format(x=1)
'%s' | format
name | upper
name | lower
5 | upper
nothing | upper
name | length
5 | length
nums | length
nums | count
nums | first
nums | last
emptylist | first
emptylist | last
'abc' | first
'abc' | last
d | first
d | last
nums | join
nums | join(', ')
nums | join(d='-')
users | join(', ', attribute='name')
missing | join(',')
'abc' | join('-')
mixed | join('|')
nums | sort
nums | sort(reverse=true)
words | sort
words | sort(case_sensitive=true)
words | sort(true)
mixed | sort
users | sort(attribute='age') | map(attribute='name') | join(',')
users | sort(attribute='age,name') | map(attribute='name') | join(',')
users | sort(attribute='age', reverse=true) | map(attribute='name') | join(',')
users[:3] | sort(attribute='city.name') | map(attribute='name') | join(',')
d | dictsort
d | dictsort(true)
d | dictsort(by='value')
d | dictsort(false, 'value', true)
d | dictsort(by='nope')
words | unique | list
words | unique(case_sensitive=true) | list
users | unique(attribute='age') | map(attribute='name') | list
[1, 1.0, true, '1'] | unique | list
[[1], [1]] | unique | list
nums | reverse | list
'abc' | reverse
5 | reverse
nums | reverse | first
nums | reverse | length
(1, 2) | reverse | list
d | reverse | list
nums | min
nums | max
emptylist | min
words | min
words | max
words | max(case_sensitive=true)
users | max(attribute='age')
mixed | max
nums | sum
emptylist | sum
users | sum(attribute='age')
nums | sum(start=10)
words | sum
[[1], [2]] | sum(start=[])
nums | batch(2) | list
nums | batch(2, 'x') | list
range(7) | batch(3) | list
range(7) | slice(3) | list
range(7) | slice(3, 'x') | list
users | groupby('age') | list | length
users | map(attribute='name') | list
users | map(attribute='city.name') | list
users | map(attribute='city.name', default='?') | list
users | map(attribute='nope', default='?') | list
words | map('upper') | join(',')
words | map('replace', 'p', 'P') | list
words | map('length') | sum
['1', '2'] | map('int') | sum
words | map('nofilter') | list
words | map(missing) | list
nothing | map('upper') | list
5 | map('upper') | list
nums | select('odd') | list
nums | select('>', 1) | list
nums | select('in', [1, 2]) | list
nums | reject('even') | list
mixed | select | list
mixed | reject | list
mixed | select('string') | list
mixed | select('nope') | list
nothing | select | list
users | selectattr('active') | map(attribute='name') | list
users | rejectattr('active') | map(attribute='name') | list
users | selectattr('age', 'equalto', 30) | map(attribute='name') | list
users | selectattr('age', '==', 30) | list | length
users | selectattr('city', 'defined') | map(attribute='name') | list
users | selectattr('city.name', 'eq', 'Oslo') | list | length
users | rejectattr('city', 'defined') | map(attribute='name') | list
users | selectattr | list
nums | select('odd')|first
'3' | int
'3.9' | int
'x' | int
'x' | int(5)
' 12 ' | int
'1_000' | int
'0x1f' | int(base=16)
'0x1f' | int(0, 0)
'ff' | int(0, 16)
'1e3' | int
'inf' | int
3.9 | int
-3.9 | int
true | int
nothing | int
nums | int
missing | int
'3.5' | float
'1e3' | float
'x' | float
'x' | float(1.5)
3 | float
'nan' | float
'-inf' | float
'1_0.5' | float
nothing | float
-5 | abs
-2.5 | abs
'x' | abs
2.5 | round
3.5 | round
2.567 | round(2)
2.675 | round(2)
1234 | round(-2)
1250 | round(-2)
1234.5 | round(-2)
5 | round
2.1 | round(method='ceil')
2.9 | round(method='floor')
2.123 | round(2, 'ceil')
2.5 | round(0, 'nope')
-2.5 | round
42.55 | round(1, 'floor')
7 | round(1, 'ceil')
3 | string
nothing | string
nums | string
nums | list
'abc' | list
d | list
5 | list
name | list | length
text | wordcount
uni | wordcount
"it's a-b_c" | wordcount
text | indent
text | indent(2)
text | indent(2, true)
text | indent(2, blank=true)
text | indent('> ', first=true)
empty | indent
5 | indent
text | truncate(20)
text | truncate(20, true)
text | truncate(20, false, '--')
text | truncate(20, true, '', 0)
'foo bar baz qux' | truncate(9)
'foo bar baz qux' | truncate(11)
'foo bar baz qux' | truncate(11, False, '...', 0)
'foo' | truncate(2)
name | center(11)
name | center(10) ~ '|'
html | e
html | escape
html | safe
html | e | e
html | forceescape
(html | e) + '<'
'<' + (html | safe)
html | striptags
'a b/c?d=é&e' | urlencode
{'a': 1, 'b c': 'é'} | urlencode
{'class': 'x', 'id': none, 'n': 5} | xmlattr
1000 | filesizeformat
1234567 | filesizeformat
1234567 | filesizeformat(true)
1 | filesizeformat
500 | filesizeformat
nums | tojson
d | tojson
mixed | tojson
nested | tojson
html | tojson
uni | tojson
'\x7f\x1f\n' | tojson
d | tojson(indent=2)
nested | tojson(indent=4)
emptylist | tojson(indent=2)
missing | tojson
1e16 | tojson
{'a': range(3)} | tojson
(1, 2) | tojson
{1: 2} | tojson
{none: 1, true: 2} | tojson
range(3) | list
range(1, 4) | list
range(5, 0, -2) | list
range(0) | list
range(3)
range(1, 10, 2)
range(5)[2]
range(5)[-1]
range(5)[1:3]
range(5)[::-1]
range(5) | length
range(5) | last
range(5) | reverse | list
range(3) == range(0, 3)
range(1, 2, 0)
range('a')
range(1.5)
range()
dict(a=1, b='x')
dict([('a', 1), ('b', 2)])
dict({'a': 1}, b=2)
dict(a=1).a
dict(1)
namespace(a=1).a
namespace(a=1).b
namespace({'a': 1}).a
cycler('a', 'b').next()
cycler()
joiner()()
1 is odd
2 is even
'a' is odd
2.0 is even
10 is divisibleby 5
10 is divisibleby(3)
name is string
nothing is none
nothing is not none
5 is number
true is number
5 is integer
true is integer
5.0 is float
true is boolean
true is true
1 is true
false is false
d is mapping
nums is mapping
nums is iterable
name is iterable
5 is iterable
missing is iterable
nums is sequence
d is sequence
name is sequence
5 is sequence
missing is sequence
range(3) is sequence
(nums | map('abs')) is iterable
(nums | map('abs')) is sequence
range is callable
name is callable
missing is callable
name.upper is callable
'ABC' is upper
'abc' is lower
5 is upper
1 is sameas 1
true is sameas true
nums is sameas nums
nums is sameas [3, 1, 2]
none is sameas none
1 is in [1]
1 is not in [1]
1 is eq 1
1 is ne 2
1 is lt 2
1 is gt(2)
1 is ge 1
1 is le 1
1 is equalto 1
1 is lessthan 2
1 is greaterthan 2
'upper' is filter
'nope' is filter
'odd' is test
'nope' is test
(html | safe) is escaped
html is escaped
1 is defined and 2 is defined
1 is defined or missing
name is string is true
5 is nosuchtest
5 | nosuchfilter
5 | nosuchfilter if no else 'ok'
nums.index(1)
nums.index(9)
nums.count(1)
(1, 2).index(2)
nums.copy()
d.copy()
nums.append(4)
nums.append(4) or nums
nums.pop()
nums.extend([1]) or nums
nums.insert(1, 'x') or nums
nums.remove(1) or nums
nums.sort() or nums
nums.reverse() or nums
d.update({'z': 1}) or d
d.update(z=1) or d
d.pop('a')
d.pop('nope', 1)
d.setdefault('q', 5)
d.setdefault('a', 5)
d.popitem()
d.clear() or d
(2.0).is_integer()
(5).bit_length()
name.upper() | lower
name | upper | lower | length
name|upper~name|lower
nested | attr('a')
nested | attr('items') is callable
name | attr('upper')
nums()
'a'()
nothing()
nothing.x
nothing['x']
5 .x
options[answer]
options[answer] | upper
'ABCD'[answer]
[1, 2][true]
{'a': 1}[[1]]
{[1]: 2}
{missing: 1}
d[missing]
nums[missing]
(1, 2)[0]
[[1, 2], [3]][0][1]
dict(**{'a': 1})
dict(*[[('a', 1)]])
'{}-{}'.format(*nums[:2])
name._x
foo(bar)
1 if
[1, 2
(1
{'a'}
1 +
+ 
* 2
a b
a.
a.'b'
a[
a[]
nums[1, 2]
a |
a | 5
1 is
1 is not
{% x %}
1 = 2
'unterminated
name @ name
name ! name
`x`
name; name
lambda: 1
not
x if y else
1 < 
9223372036854775807
9223372036854775807 - 1
-9223372036854775807
0.1 | string
100000000000000000.0
1e15
123456789.123456789
1e300 * 1e10
1e308 * 10 - 1e308 * 10
-0.0
0.0 == -0.0
5 % 3.0
-1 // 3
1 // 0.3
1 % 0.3
'a' 'b' ~ 'c'
[1, 2, 3] is sequence and not none
none is none
'x' is in 'xyz'
(missing or 'a') ~ 'b'
nested.a.b | length
users[0].city.name
users[-1].city.name | default('none')
users[-1].city is defined
users | map(attribute='age') | unique | sort | list
users | map(attribute='age') | map('string') | join('+')
users | length > 3
text.split('\n') | map('trim') | select | list
text.split('\n') | first | trim | upper
(text | replace('\n', ' ')).split(' ') | length
'abc'[0] ~ 'abc'[-1]
'%.2f' | format(3.14159)
'%02d:%02d' | format(5, 7)
(n / 2) | round | int
n // 2 * 2 == n
"a" < "B"
['b', 'a'] | sort | join
name in ['World', 'x']
name not in ['World']
{'a': [1, {'b': none}]} | string
[(1, 'a')] | string
(1, (2,)) | string
'a\tb' | string
['a\tb']
html | replace('<', '[') | replace('>', ']')
'\\' | length
'a' if name is string and name | length > 3 else 'b'
words | select('match') | list
'one two' | regex_replace('o', '0')
'one two' | regex_replace('(\w+) (\w+)', '\\2 \\1')
'one two' | regex_replace('o', '0', 1)
'one two' | regex_replace('o', '0', count=1)
'abxd' | regex_replace('x*', '-')
'aaa' | regex_replace('a', '\\g<0>\\g<0>')
'2024-01' | regex_replace('(?P<y>\d+)-(?P<m>\d+)', '\\g<m>/\\g<y>')
'  x  ' | regex_replace('^\s+|\s+$', '')
'Grüße' | regex_replace('\w', '.')
'a.b' | regex_replace('\.', '\\n')
'a' | regex_replace('(', '')
'a' | regex_replace('a', '\\1')
'a' | regex_replace('a', '\\q')
5 | regex_replace('5', '6')
'line\nline' | regex_replace('line$', 'x')
'line\n' | regex_replace('line$', 'x')
'ab' | regex_replace('(a)|(b)', '[\\1\\2]')
'x' | regex_replace('y*', 'z')
'' | regex_replace('', 'z')
'a-b-c'.rsplit('-')
' a  b '.rsplit()
' a  b c d '.rsplit(none, 2)
' a  b c d '.split(none, 2)
'a'.split(none, 0)
' a '.split(none, 0)
'{:.2}'.format(1e22)
'{:.1}'.format(5.0)
'{:.4}'.format(0.00001234)
{}.fromkeys(['a', 'b'], 1)
namespace(_a=1)
1.0e10
[1.0, -0.0, 1e100]
1e400
-1e400
'a' in missing
missing in 'a'
missing in d
missing < 1
missing is none
missing is string
missing is number
missing is mapping
missing is sameas missing
missing is odd
missing | upper
missing | string
missing | trim
missing | first
missing | sort
missing | sum
missing | map('upper') | list
missing | select | list
missing | tojson(indent=2)
missing | round
missing | abs
missing | replace('a', 'b')
missing | e
missing | safe
missing | indent
missing | dictsort
missing | wordcount
missing()
missing.x()
missing[1:]
missing if yes
'%s' % missing
'%d' % missing
'{}'.format(missing)
'{:>3}'.format(missing)
[missing, 1]
{'a': missing}
(missing, 1) | join
missing ** 2
-missing
missing // 1
'a' * missing
nums[missing:]
range(missing)
missing | int
missing | float
missing | list
missing | reverse | list
missing | unique | list
missing | batch(2) | list
missing | groupby('a') | list
missing | max
missing | length
missing | count
missing | center
missing | truncate
missing | format
missing | attr('x')
missing | urlencode
missing | xmlattr
missing | filesizeformat
nums | join(missing)
'x' | default(missing)
name.split(missing)
name.startswith(missing)
users | map(attribute=missing) | list
1 in missing.x
d.get(missing)
none | length
none | list
none | join
none | first
none | sort
none | int(7)
none | string
none | trim
none | tojson
none | replace('N', 'x')
none | items | list
missing | last
'%5%' % (1,)
none.x | default(1)
none['a'] | default(1)
true | int
true | string
true | tojson
true ~ ''
(true, false) | sum
true * 3
'x' * true
nums[true]
1.5 // 0.5
10 ** 10
10 ** -2
2.0 ** 3
1e-10 | string
1.10
100.0
1e2
12345678901234567.0
0.00001
0.0001
1.0 * 3
7.0 // 2
'3' * 3
'a' == 'a' == 'a'
1 == 1 in [1]
not (1 == 2)
not 1 == 2
1 + 1 == 2 and 'y' or 'n'
1 if 0 else 2 if 0 else 3
(1 if 1) ~ 'x'
[1 if 0] | length
'abc' | upper | lower | title | length + 1
-1 | abs + 1
2 * 3 | string
(2 * 3) | string | length
'a' ~ 1 + 2
'a' ~ 1 * 2
1 ~ 2 == '12'
[[1, 2], [3, 4]] | map('sum') | list
[[1, 2], [3, 4]] | sum(start=[]) | join
['a', 'b'] | map('upper') | map('lower') | list
[{'a': {'b': 1}}] | map(attribute='a.b') | first
[['x', 'y']] | map(attribute=1) | list
[['x', 'y']] | map(attribute='1') | list
{'a': 1} | map('upper') | list
'abc' | map('upper') | join
'abc' | select('in', 'ab') | list
nums | sort | first
nums | sort | last
nums | sort == [1, 2, 3]
'b,a' .split(',') | sort | join(',')
range(10) | select('divisibleby', 3) | list
range(10) | sum
range(10)[::3] | list
range(3) | join(',')
range(3) ~ ''
(range(3) | list) + [3]
range(3) + [3]
{'a': 1, **{'b': 2}}
dict(a=1, **{'b': 2})
dict(a=1, **{'a': 2})
dict(a=1, a=2)
nums | join(d='-', d='+')
'x'.join(['a'], 'b')
name | upper(1)
name | default(1, 2, 3)
name | nope
name | trim(1)
name | replace(1, 2)
'a1b1' | replace(1, 2)
1.5 | round(1) | string
0.5 | round
1.5 | round
-0.5 | round
1e20 | round
5 | round(1)
5.5 | int | string
'5' | int + 1
'%5.1f|' % 3.14159
'%-8s|' % 'ab'
'%+.2e' % 12345.678
'%s' % none
'%s' % [1, 'a']
'%s' % {'a': 1}
'%s' % (1,)
'%i' % 3
'%5%' % ()
'%q' % 1
'%' % 1
'{0.a}'.format({'a': 1})
'{a[b]}'.format(a={'b': 2})
'{:>{w}}'.format('x', w=5)
'{!x}'.format(1)
'{:c}'.format(65)
'{:5}|{:<5}|{:^5}|'.format(1, 2, 3)
'{:5}|'.format(true)
'{}'.format(true)
'{:d}'.format(true)
'{}'.format(none)
'{:5}'.format(none)
'{}'.format([1])
'{:.1%}'.format(0.123)
'{:,.2f}'.format(1234567.891)
'{0} {}'.format(1, 2)
'{} {0}'.format(1, 2)
'a' < 'á'
'ÿ' < 'Ā' < '😀'
uni.split(' ')
uni.rjust(25, '世')
uni | truncate(5, true, '')
uni | center(30)
uni | wordcount
uni | urlencode
uni.isascii()
uni | length == uni | list | length
'😀'[0]
'😀a'[1]
'é'.upper() ~ 'É'.lower()
'İ'
'ŉ'.upper()
'ﬁ'.title()
'ﬁ'.capitalize()
'١٢'.isdigit()
'[INST] hi [/INST]' | regex_replace('\[/?INST\]', '')
""".strip("\n").split("\n")

# Whole templates, rendered by the strict and by the lenient environment without block trimming, and by the chat one.
TEMPLATES = [
    "",
    "\n",
    "text\n",
    "text\n\n",
    "text\r\nmore\rend\r\n",
    "{{ name }}\n",
    "a {# comment #} b",
    "a {#- comment -#} b",
    "a {# multi\nline #} b",
    "{# unclosed",
    "{{ unclosed",
    "{% if x",
    "{% if yes %}",
    "{% endif %}",
    "{% nope %}",
    "{% if yes %}a{% endfor %}",
    "{%",
    "{{",
    "{{ }}",
    "{%  %}",
    "a { b } {c",
    "a }} b %} c #} d",
    "{{ '}}' }}",
    "{{ {'a': {'b': 1}}.a.b }}",
    "{{ {'a':{}} }}",
    "{{ '{{' }}{{ \"%}\" }}",
    "{% raw %}{{ x }}{% y %}{% endraw %}",
    "{%- raw -%}  {{ x }}  {%- endraw -%}  b",
    "{% raw %}no end",
    "a\n{% raw %}\n  {{ x }}\n  {% endraw %}\nb",
    # white space control
    "  {{- name -}}  x",
    "a  {%- if yes -%}  b  {%- endif -%}  c",
    "a\n  {% if yes %}\n    b\n  {% endif %}\nc",
    "a\n  {%+ if yes %}\n    b\n  {%+ endif +%}\nc",
    "a\n\t {%- if yes +%}\n b {% endif %}",
    "  {% if yes %}x{% endif %}  \n  {# c #}  \n y",
    "x {% if yes %}\n{% endif %} y",
    "{% if yes %}\n\n  x\n{% endif %}\n\n",
    "{{ name -}}\n\n  x",
    "{{- name }}",
    "{{+ name }}",
    "{{ -n }}{{-n}}",
    "{{ name }}  \n  {%- set x = 1 %}  \n{{ x }}",
    "{% for x in nums %}\n  {{ x }}\n{% endfor %}\n",
    "{% for x in nums -%}\n  {{ x }}\n{%- endfor %}\n",
    "\n\n{% if yes %}\n  a\n{% else %}\n  b\n{% endif %}\n\n",
    # if
    "{% if no %}a{% elif yes %}b{% else %}c{% endif %}",
    "{% if no %}a{% elif zero %}b{% else %}c{% endif %}",
    "{% if missing %}a{% else %}b{% endif %}",
    "{% if missing is defined and missing %}a{% else %}b{% endif %}",
    "{% if nums and not emptylist %}a{% endif %}",
    "{% if yes: %}a{% endif %}",
    "{% if no %}{{ 5|nofilter }}{% endif %}ok",
    "{% if yes %}{{ 5|nofilter }}{% endif %}",
    "{% if no %}{% for x in nums %}{{ x|nofilter }}{% endfor %}{% endif %}ok",
    "{% if no %}{{ 1 is notest }}{% endif %}ok",
    # for
    "{% for x in nums %}{{ x }},{% endfor %}",
    "{% for x in emptylist %}{{ x }}{% else %}none{% endfor %}",
    "{% for x in nums %}{{ x }}{% else %}none{% endfor %}",
    "{% for c in name %}{{ c }}-{% endfor %}",
    "{% for k in d %}{{ k }}{% endfor %}",
    "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% for k, v in d|dictsort %}{{ k }}={{ v }};{% endfor %}",
    "{% for a, b in [(1, 2), [3, 4], 'xy'] %}{{ a }}{{ b }} {% endfor %}",
    "{% for a, b in [(1, 2, 3)] %}{{ a }}{% endfor %}",
    "{% for a, b in [1] %}{{ a }}{% endfor %}",
    "{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
    "{% for x in 5 %}{% endfor %}",
    "{% for x in missing %}{{ x }}{% else %}e{% endfor %}",
    "{% for x in nothing %}{{ x }}{% endfor %}",
    "{% for x in range(3) %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}"
    "{{ loop.revindex }}{{ loop.revindex0 }};{% endfor %}",
    "{% for x in 'abc' %}{{ loop.previtem|default('-') }}{{ x }}{{ loop.nextitem|default('-') }} {% endfor %}",
    "{% for x in 'ab' %}{{ loop.previtem }}{% endfor %}",
    "{% for x in nums %}{{ loop.cycle('a', 'b') }}{% endfor %}",
    "{% for x in [1, 1, 2, 2, 1] %}{{ loop.changed(x) }} {% endfor %}",
    "{% for x in nums %}{% for y in 'ab' %}{{ loop.index }}{{ loop.depth }}{% endfor %}{{ loop.index }} {% endfor %}",
    "{% for x in nums %}{% set outer = loop %}{% for y in 'ab' %}{{ outer.index }}.{{ loop.index }} {% endfor %}{% endfor %}",
    "{% for x in nums if x > 1 %}{{ loop.index }}/{{ loop.length }}:{{ x }} {% endfor %}",
    "{% for x in nums if x > 5 %}{{ x }}{% else %}none{% endfor %}",
    "{% for x in nums if loop.index > 1 %}{{ x }}{% endfor %}",
    "{% for u in users if u.active and u.city is defined %}{{ u.name }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "{% for a, b in d.items() if b > 1 %}{{ a }}{% endfor %}",
    "{% for x in nums %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in nums %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% else %}e{% endfor %}",
    "{% for x in nums %}{% break %}{% else %}e{% endfor %}",
    "{% for x in nums %}{% for y in nums %}{% if y == 1 %}{% break %}{% endif %}{{ x }}{{ y }} {% endfor %}{% endfor %}",
    "{% break %}",
    "{% for x in nums %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}",
    "{% for x in nums %}{% set y %}a{% break %}{% endset %}{{ y }}{% endfor %}done",
    "{% for x in nums %}{% filter upper %}a{{ x }}{% if x == 1 %}{% continue %}{% endif %}{% endfilter %}{% endfor %}",
    "{% for x in nums recursive %}{{ x }}{% endfor %}",
    "{% for x in tree recursive %}[{{ loop.depth }}{{ x.v }}{% if x.kids %}{{ loop(x.kids) }}{% endif %}]{% endfor %}",
    "{% for x in tree recursive %}{{ x.v }}{{ loop(x.kids or []) }}{% else %}!{% endfor %}",
    "{% for x in nums %}{{ loop(nums) }}{% endfor %}",
    "{% for loop in nums %}{% endfor %}",
    "{% for x in nums %}{% set loop = 1 %}{% endfor %}",
    "{{ loop }}",
    "{{ loop is defined }}",
    "{% for x in nums %}{{ loop.nope }}{% endfor %}",
    "{% for x in nums %}{{ x }}{% endfor %}{{ x }}",
    "{% for x in nums|reverse %}{{ loop.index }}{{ x }}{{ loop.last }}{% endfor %}",
    "{% for x in nums|map('string') %}{{ loop.revindex }}{{ x }}{% endfor %}",
    "{% for x in nums %}{% if loop.index is even %}e{% else %}o{% endif %}{% endfor %}",
    "{% for x in (1, 2, 3) %}{{ x }}{% endfor %}{% for x in 1, 2 %}{{ x }}{% endfor %}",
    "{% for g in users|groupby('age') %}{{ g.grouper }}:{{ g.list|map(attribute='name')|join('+') }} {% endfor %}",
    "{% for age, us in users|groupby('age') %}{{ age }}:{{ us|length }} {% endfor %}",
    "{% for c, us in users|groupby('city.name', default='zz') %}{{ c }}:{{ us|length }} {% endfor %}",
    "{% for row in range(5)|batch(2) %}{{ row }}{% endfor %}",
    # set and scopes
    "{% set x = 1 %}{{ x }}",
    "{% set x, y = 1, 2 %}{{ x }}{{ y }}",
    "{% set x, y = 1 %}{{ x }}",
    "{% set (x, y) = (1, 2) %}{{ x }}{{ y }}",
    "{% set x = 1, 2 %}{{ x }}",
    "{% set x = y = 1 %}",
    "{% set 1 = 2 %}",
    "{% set x.y = 1 %}",
    "{% set none = 1 %}",
    "{% set name = 'N' %}{{ name }}",
    "{{ name }}{% set name = name ~ '!' %}{{ name }}",
    "{% if yes %}{% set x = 1 %}{% endif %}{{ x }}",
    "{% if no %}{% set name = 1 %}{% endif %}{{ name }}",
    "{% if no %}{% set x = 1 %}{% endif %}{{ x is defined }}",
    "{% set x = 0 %}{% for i in nums %}{% set x = x + i %}{{ x }},{% endfor %}{{ x }}",
    "{% for i in nums %}{% if i == 1 %}{% set seen = true %}{% endif %}{{ seen is defined }} {% endfor %}",
    "{% for i in nums %}{% if i == 3 %}{% set name = 'in' %}{% endif %}{{ name }} {% endfor %}{{ name }}",
    "{% set ns = namespace(x=0) %}{% for i in nums %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace() %}{% set ns.a, ns.b = 1, 2 %}{{ ns.a }}{{ ns.b }}",
    "{% set ns = namespace(found=false) %}{% for i in nums %}{% if i == 1 %}{% set ns.found = true %}{% endif %}{% endfor %}{{ ns.found }}",
    "{% set ns = namespace(a=1) %}{{ ns }}",
    "{% set name.x = 1 %}",
    "{% set x %}a{{ n }}b{% endset %}{{ x|upper }}{{ x|length }}",
    "{% set x | upper | trim %}  a{{ n }}b {% endset %}{{ x }}",
    "{% set x | replace('a', 'b') %}aaa{% endset %}{{ x }}",
    "{% with %}{% set x = 1 %}{{ x }}{% endwith %}{{ x is defined }}",
    "{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}",
    "{% with a = 1, b = a %}{{ b }}{% endwith %}",
    "{% set a = 5 %}{% with a = a + 1 %}{{ a }}{% endwith %}{{ a }}",
    "{% with name = 'x' %}{{ name }}{% endwith %}{{ name }}",
    "{% with a, b = (1, 2) %}{{ a }}{{ b }}{% endwith %}",
    "{% filter upper %}abc {{ name }}{% endfilter %}",
    "{% filter replace('a', 'b')|upper %}banana{% endfilter %}",
    "{% filter indent(2) %}a\nb{% endfilter %}",
    "{% filter nope %}{% endfilter %}",
    "{% filter upper %}{% set q = 1 %}{{ q }}{% endfilter %}{{ q is defined }}",
    "{% print name, n %}",
    "{% print %}",
    "{% block b %}x{{ name }}{% endblock %}",
    "{% block b %}x{% endblock b %}y",
    "{% block b %}{% endblock %}{% block b %}{% endblock %}",
    "{% set v = 1 %}{% block b %}{{ v }}{% endblock %}",
    "{% for i in nums %}{% block b %}{{ i is defined }}{% endblock %}{% endfor %}",
    "{% set x = [] %}{% for i in nums %}{% set _ = x.append(i) %}{% endfor %}{{ x }}",
    "{% set x = {} %}{% set _ = x.update({'k': 1}) %}{{ x.k }}",
    "{% set x = nums %}{% set y = x + [9] %}{{ x }}{{ y }}",
    # macros
    "{% macro m() %}x{% endmacro %}{{ m() }}{{ m() }}",
    "{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(b=5, a=4) }}",
    "{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}",
    "{% macro m(a) %}{{ a is defined }}{% endmacro %}{{ m() }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}",
    "{% macro m(a) %}{{ a }}{{ varargs }}{% endmacro %}{{ m(1, 2, 3) }}",
    "{% macro m(a) %}{{ a }}{{ kwargs }}{% endmacro %}{{ m(1, x=2) }}",
    "{% macro m(a, a) %}{% endmacro %}",
    "{% macro m(a=1, b) %}{% endmacro %}",
    "{% macro m(x) %}{{ name }}{{ x }}{% endmacro %}{{ m(1) }}",
    "{% macro m() %}{{ v }}{% endmacro %}{% set v = 3 %}{{ m() }}",
    "{% set v = 1 %}{% macro m() %}{{ v }}{% set v = 2 %}{{ v }}{% endmacro %}{{ m() }}{{ v }}",
    "{% macro fact(k) %}{% if k > 1 %}{{ k * (fact(k - 1)|int) }}{% else %}1{% endif %}{% endmacro %}{{ fact(5) }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro outer() %}{% macro inner(x) %}[{{ x }}]{% endmacro %}{{ inner(1) }}{{ inner(2) }}{% endmacro %}{{ outer() }}{{ outer() }}",
    "{% macro list(xs) %}{% for x in xs %}{{ caller(x) }}{% endfor %}{% endmacro %}{% call(x) list(nums) %}<{{ x }}>{% endcall %}",
    "{% macro w() %}[{{ caller() }}]{% endmacro %}{% call w() %}in {{ name }}{% endcall %}",
    "{% macro w() %}[{{ caller is defined }}]{% endmacro %}{{ w() }}",
    "{% macro w() %}x{% endmacro %}{% call w() %}in{% endcall %}",
    "{% macro w() %}{{ caller() }}{% endmacro %}{{ w() }}",
    "{% macro w(caller) %}{{ caller() }}{% endmacro %}",
    "{% macro w(caller=none) %}{{ caller is none }}{% endmacro %}{{ w() }}",
    "{% macro a() %}{{ caller() }}{% endmacro %}{% macro b() %}{% call a() %}{{ caller() }}!{% endcall %}{% endmacro %}"
    "{% call b() %}x{% endcall %}",
    "{% call(a, b=2) missing() %}{% endcall %}",
    "{% call 5 %}{% endcall %}",
    "{% macro m(a, b=1) %}{% endmacro %}{{ m.name }}{{ m.arguments }}{{ m.catch_kwargs }}{{ m.caller }}",
    "{% macro m() %}{% endmacro %}{{ m }}{{ m is callable }}",
    "{% macro m() %}x{% endmacro %}{{ m()|upper }}{{ m() ~ 1 }}{{ m()|length }}",
    "{{ m() }}{% macro m() %}late{% endmacro %}",
    "{% macro m() %}\n  x\n{% endmacro %}\n[{{ m() }}]",
    "{% macro m(*args) %}{% endmacro %}",
    "{% for i in nums %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}",
    "{% set ns = namespace() %}{% macro mk(x) %}{% macro a() %}{{ x }}{% endmacro %}{% macro b() %}{{ a() }}!{% endmacro %}"
    "{% set ns.f = b %}{% endmacro %}{{ mk(7) }}{{ ns.f() }}",
    "{{ range(3)|map('string')|join }}{{ dict(a=1).items()|list }}",
    "{% set c = cycler('a', 'b', 'c') %}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.next() }}",
    "{% set j = joiner(' | ') %}{% for x in nums %}{{ j() }}{{ x }}{% endfor %}",
    # things that are not there
    "{% include 'x' %}",
    "{% import 'x' as y %}",
    "{% from 'x' import y %}",
    "{% extends 'x' %}",
    "{% do x %}",
    "{% trans %}x{% endtrans %}",
    # task templates
    "{{question}}\nA. {{options[0]}}\nB. {{options[1]}}\nAnswer:",
    "Question: {{question.strip()}}\n{% for o in options %}{{ 'ABCD'[loop.index0] }}. {{ o }}\n{% endfor %}Answer:",
    "{{ ['A', 'B', 'C', 'D'][answer] }}",
    "{{answer|string}} {{ options|tojson }} {{ options.index('green') }}",
    "{{ question | regex_replace('What', 'Which') }}\n\n",
    "{%- if options is defined and options|length > 2 -%}\n{{ options|join(', ') }}\n{%- endif %}",
    "{{ text.split('\\n')[0] }} {{ text.split('\\n')|length }}",
    "{{ users|selectattr('age', 'gt', 26)|map(attribute='name')|join(' and ') }}",
    "{{ '%s (%s)' % (name, n) }} {{ '{:.1%}'.format(f / 10) }}",
    "{% set letters = 'ABCDEFGH' %}{% for o in options %}({{ letters[loop.index0] }}) {{ o }}{{ '' if loop.last else '\n' }}{% endfor %}",
    "{{ 'a' if answer == 0 else ('b' if answer == 1 else 'c') }}",
    "{{ options[5] }}",
    "{{ options[5]|default('none') }}",
    "{{ uni[::-1] }} {{ uni[2:4] }} {% for c in uni %}{{ c }}|{% endfor %}",
    # deep and long
    "{{ " + "(" * 60 + "1" + ")" * 60 + " }}",
    "{{ " + " + ".join(["1"] * 150) + " }}",
    "{{ " + " ~ ".join(["'x'"] * 400) + " }}",
    "{% if no %}a" + "".join(f"{{% elif n == {i} %}}{i}" for i in range(40)) + "{% endif %}",
    "{% for x in range(200) %}{{ x }}{% endfor %}",
]
