"""Small tokenizers of the kinds in use, trained on the spot: the regular expressions and parts are those of the families."""

import functools

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import tokenizer_corpus

QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
GPT4O = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
DEEPSEEK3 = r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def train(tokenizer, byte_level=True, **options):
    texts = tokenizer_corpus.prose()[::4] + tokenizer_corpus.HARD
    alphabet = pre_tokenizers.ByteLevel.alphabet() if byte_level else []
    trainer = trainers.BpeTrainer(vocab_size=3000, initial_alphabet=alphabet, show_progress=False, **options)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def byte_level(pattern, normalizer=None, ignore_merges=False):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    tokenizer.normalizer = normalizer
    words = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    parts = [split(p) for p in ([pattern] if isinstance(pattern, str) else pattern)]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*parts, words])
    tokenizer.decoder = decoders.ByteLevel()
    return train(tokenizer)


def qwen2():
    tokenizer = byte_level(QWEN2, normalizers.NFC())
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    tokenizer.add_tokens([AddedToken("<tool_call>", normalized=False), AddedToken("<tool_call>x", normalized=False), "<image>"])
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def llama3():
    tokenizer = byte_level(LLAMA3, ignore_merges=True)
    tokenizer.add_special_tokens(["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"])
    template = processors.TemplateProcessing(single="<|begin_of_text|> $A", special_tokens=[("<|begin_of_text|>", tokenizer.token_to_id("<|begin_of_text|>"))])
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=True), template])
    return tokenizer


def gpt2(add_prefix_space=False):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space)
    tokenizer.decoder = decoders.ByteLevel()
    train(tokenizer)
    tokenizer.add_special_tokens([AddedToken("<|endoftext|>", normalized=True)])
    return tokenizer


def smollm2():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    train(tokenizer)
    tokenizer.add_special_tokens(["<|im_start|>", "<|im_end|>", "<repo_name>"])
    return tokenizer


SPM_DECODER = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]


def sentencepiece(tokenizer, **options):
    specials = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    train(tokenizer, byte_level=False, special_tokens=specials, limit_alphabet=200, **options)
    template = [("<s>", tokenizer.token_to_id("<s>")), ("</s>", tokenizer.token_to_id("</s>"))]
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=template)
    return tokenizer


def llama2():
    """As converted from sentencepiece: the text is not cut at all."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()  # to learn words; not part of what is tested
    sentencepiece(tokenizer)
    tokenizer.pre_tokenizer = None
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(SPM_DECODER)
    return tokenizer


def metaspace(scheme, split_words=True, fuse=False):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=fuse))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split_words)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme=scheme, split=split_words)
    return train(tokenizer, byte_level=False, special_tokens=["<unk>", "<s>"], limit_alphabet=150)


def clip():
    """Ends of words are marked, text is lower case, white space is one space."""
    tokenizer = Tokenizer(models.BPE(unk_token="<|endoftext|>", end_of_word_suffix="</w>", continuing_subword_prefix=""))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    words = split(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", "removed", invert=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.BPEDecoder("</w>")
    train(tokenizer, end_of_word_suffix="</w>", special_tokens=["<|endoftext|>", "<|startoftext|>"])
    ends = (("<|endoftext|>", 0), ("<|startoftext|>", 1))
    tokenizer.post_processor = processors.RobertaProcessing(*ends, trim_offsets=False, add_prefix_space=False)
    return tokenizer


def prefixed():
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]", continuing_subword_prefix="##"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Strip()])
    return train(tokenizer, byte_level=False, special_tokens=["[UNK]"], continuing_subword_prefix="##", limit_alphabet=100)


def added_kinds():
    """Added tokens with every property, beside each other and beside white space."""
    tokenizer = byte_level(QWEN2, normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()]))
    tokenizer.add_special_tokens([AddedToken("<L>", lstrip=True), AddedToken("<R>", rstrip=True), AddedToken("<LR>", lstrip=True, rstrip=True), "<P>"])
    tokenizer.add_tokens([AddedToken("word", single_word=True), AddedToken("Straße"), AddedToken("ﬁsh", normalized=True), AddedToken("the", normalized=False), AddedToken("there", normalized=False), AddedToken("  ", normalized=False)])
    return tokenizer


def cut(*parts, normalizer=None):
    """Byte-level merges over any pre-tokenizers."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*parts, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    return train(tokenizer)


def byte_normalized():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.ByteLevel()
    tokenizer.decoder = decoders.ByteLevel()
    train(tokenizer)
    tokenizer.add_tokens(["added token é", AddedToken("raw token é", normalized=False)])
    return tokenizer


BEHAVIORS = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
MAKERS = {
    "qwen2": qwen2,
    "llama3": llama3,
    "gpt2": gpt2,
    "gpt2_prefix_space": lambda: gpt2(True),
    "smollm2": smollm2,
    "gpt4o": lambda: byte_level(GPT4O),
    "deepseek3": lambda: byte_level([r"\p{N}{1,3}", r"[一-龥぀-ゟ゠-ヿ]+", DEEPSEEK3]),
    "llama2": llama2,
    "metaspace_always": lambda: metaspace("always"),
    "metaspace_first": lambda: metaspace("first", fuse=True),
    "metaspace_never": lambda: metaspace("never", split_words=False),
    "clip": clip,
    "prefixed": prefixed,
    "added_kinds": added_kinds,
    "byte_normalized": byte_normalized,
    "words_and_digits": lambda: cut(pre_tokenizers.Digits(False), pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("merged_with_previous")),
    "nfd": lambda: cut(pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation(), normalizer=normalizers.NFD()),
    "literal": lambda: cut(pre_tokenizers.Split(".", "removed"), pre_tokenizers.Split("th", "merged_with_next", True)),
    "regex_escapes": lambda: cut(split(r"\b\w{,3}\b|^\d+$|[[:punct:][:space:]]+|\h{2,3}+|[\d\u4e00-\u9fff]|\p{^L}\P{Lu}|(?m:x.)|\v|\W\S")),
    "empty_matches": lambda: cut(split(r"a*|\b", "merged_with_previous")),
    **{f"split_{b}": (lambda b=b: cut(split(r"\p{P}|\s+", b))) for b in BEHAVIORS},
    **{f"split_inverted_{b}": (lambda b=b: cut(split(r"\p{L}+|\p{N}", b, True))) for b in BEHAVIORS},
}


@functools.cache
def trained_json(name):
    """The tokenizer.json of a kind."""
    return MAKERS[name]().to_str()
