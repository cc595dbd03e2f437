"""Texts to tokenize: real prose and code, many scripts, hard cases, and random Unicode. All seeded, nothing is fetched."""

import pathlib
import pydoc_data.topics
import random
import sysconfig
import unicodedata

HARD = [
    "", " ", "  ", "\n", "\r\n", "\r\n\r\n", "\t", "\x00", "a\x00b", "\x01\x02\x7f\x80\x9f", "\u00a0", "\u2028\u2029\u0085",
    " " * 1000, "\n" * 300, " \n" * 200, "\t \t  x", "   leading", "trailing   ", "a  b   c    d",
    "a" * 5000, "ab" * 4000, "The" * 2000, "1234567890" * 50, "0", "12", "123", "1234", "3.14159e-10", "½ ¾ ² ³ Ⅷ ④ 五",
    "Hello, world! How's it going? I'll, you've, THEY'RE, don'T, we'd 'S 'ſ 'sx ''s",
    "snake_case camelCase SCREAMING_CASE kebab-case x=y;z+=1//2 #!@$%^&*()[]{}<>?/\\|~`",
    "你好，世界！中文分词没有空格。㐀𠀀𪜀𰀀𱍐", "日本語のテキスト、カタカナ ｶﾀｶﾅ ー 々", "한국어 텍스트 ᄒ\u1161\u11ab", "مرحبا بالعالم ١٢٣ ـــ", "שלום עולם",
    "हिन्दी में पाठ क्षत्रिय १२३", "தமிழ் ภาษาไทย ລາວ ខ្មែរ မြန်မာ", "Ελληνικά ΣΊΣΥΦΟΣ ς", "Русский ТЕКСТ ёЁ", "Türkçe İstanbul ıI", "Tiếng Việt đường",
    "ẞß straße ŉ ﬁ ﬃ ﬆ ǅ ǆ K Å Ω", "e\u0301 é a\u0308\u0304 \u0301 \u0300x q\u0323\u0307 q\u0307\u0323", "\u200b\u200c\u200d\ufeff\u2060 a\u200db",
    "👍🏽 👨‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇫🇷 ❤️ 1️⃣ 🫠🫨🪿", "𝕳𝖊𝖑𝖑𝖔 𝟙𝟚𝟛 𐍈 𒀀", "Ａ１！　full width", "\ufffd \U0010ffff \ue000 \ufdd0",
    "\U00011f04\U0001e4d0\U0002ebf0\U00010d40\U0001fae9\U0001ccd6 new in Unicode 15 and 16", "\u180e \u1680 \u2000\u200a\u202f\u205f\u3000|",
    "def f(x):\n    return x\n\n\n\nclass A:\r\n\tpass\r\n", "{\"a\": [1, 2.5, null, \"\\u00e9\"]}", "<html><body>&nbsp;</body></html>",
    "https://example.com/a?b=c&d=%20#frag user@example.com", "- item\n- item\n\n  * nested\n", "\n\n  \n   x", "x \n y\n \nz", " \r\n \t\r x",
]

ALPHABETS = [
    range(0x20, 0x7F), range(0x00, 0x20), range(0xA0, 0x250), range(0x300, 0x370), range(0x370, 0x530), range(0x590, 0x700),
    range(0x900, 0xE80), range(0x1100, 0x1200), range(0x2000, 0x2070), range(0x2150, 0x2300), range(0x3000, 0x3100),
    range(0x4E00, 0x5000), range(0xAC00, 0xAD00), range(0xFB00, 0xFB50), range(0xFF00, 0xFFF0), range(0x1D400, 0x1D800),
    range(0x1F300, 0x1FB00), range(0x20000, 0x20100), range(0x31350, 0x31400), range(0x10D40, 0x10D90),
]


def random_texts(count, seed=0):
    rng = random.Random(seed)
    texts = []
    for _ in range(count):
        kinds = rng.sample(ALPHABETS, rng.randint(1, 4)) + [range(0x20, 0x7F)] * rng.randint(0, 3)
        text = []
        for _ in range(rng.randint(1, 40)):
            roll = rng.random()
            if roll < 0.2:
                text.append(rng.choice([" ", "  ", "\n", "\r\n", "\t", "'s", "'LL", "12", "a"]))
            elif roll < 0.25:
                text.append(chr(rng.choice([rng.randrange(0xD800), rng.randrange(0xE000, 0x110000)])))
            else:
                text.append(chr(rng.choice(rng.choice(kinds))))
        texts.append("".join(text))
    return texts


def prose():
    """Python's own language reference and some of its sources: about a megabyte of text and code."""
    texts = list(pydoc_data.topics.topics.values())
    library = pathlib.Path(sysconfig.get_paths()["stdlib"])
    for name in ["argparse.py", "ast.py", "difflib.py", "html/entities.py", "locale.py", "textwrap.py", "this.py"]:
        texts.append((library / name).read_text(encoding="utf-8"))
    return texts


def every_character():
    """Each assigned or unassigned code point once, between letters and spaces, in lines of 64."""
    points = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    # Seven in eight of the large uniform planes say nothing new.
    points = [c for c in points if ord(c) < 0x3500 or unicodedata.category(c) != "Lo" or ord(c) % 8 == 0]
    points = [c for c in points if ord(c) < 0x33480 or ord(c) % 64 == 0 or 0xE0000 <= ord(c) < 0xE0200]
    lines = ["".join(points[i : i + 64]) for i in range(0, len(points), 64)]
    return lines + [" x".join(points[i : i + 64]) for i in range(0, len(points), 64)]
