"""Random texts for the tests of metrics: sentences, references like them, and what is hard to cut into words."""

import random

WORDS = (
    "the a an of and to in is was it dog cat house running happily relational conditional ponies caresses agreed "
    "hopping falling news dying sky skies innings electricity formalize goodness generally theology analogously "
    "don't can't it's e.g. i.e. U.S. 3.14 1,000 1,000,000 2024 10:30 50% $5 $1.50 C++ f(x) a/b x-y 5-6 re-do "
    "&quot; &amp; &lt; <skipped> -- ... ?! ,, \"quoted\" 'single' (paren) [x] {y} ~z ^w `tick` @me #tag under_score "
    "Ünïcode naïve Straße İstanbul ΣΊΣΥΦΟΣ été œuvre Київ Москва 猫 犬が好き 北京大学 ，。！？ （全角） カタカナ ひらがな 한국어 "
    "①② Ⅳ ½ € £5 °C → ≤ ™ 😀 👍🏽 ﬁ K Å \u00a0 \u2028 \u3000 \u200b e\u0301 1.5.2 .5 5. ,5 5, 7-"
).split(" ")
SEPARATORS = [" "] * 12 + ["  ", "\n", "\t", "", ", ", ". ", "-\n"]


class Texts:
    """A stream of random texts that is the same for the same seed."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def text(self, most: int = 12) -> str:
        words = self.random.choices(WORDS, k=self.random.randint(0, most))
        return "".join(word + self.random.choice(SEPARATORS) for word in words)

    def like(self, text: str) -> str:
        """The text with words removed, replaced, repeated and moved."""
        words = text.split(" ")
        for _ in range(self.random.randint(0, 4)):
            at = self.random.randrange(len(words) + 1)
            edit = self.random.randrange(4)
            if edit == 0 and at < len(words):
                del words[at]
            elif edit == 1:
                words.insert(at, self.random.choice(WORDS))
            elif edit == 2 and at < len(words):
                words[at] = self.random.choice(WORDS)
            elif words:
                cut = self.random.randrange(len(words))
                block = words[cut : cut + 3]
                del words[cut : cut + 3]
                words[at:at] = block
        return self.random.choice([str, str, str.lower, str.title])(" ".join(words))

    def pair(self, most: int = 12) -> tuple[str, str]:
        """A text and another, mostly like it."""
        text = self.text(most)
        return text, self.like(text) if self.random.random() < 0.85 else self.text(most)
