"""Metrics and aggregations against the Python functions that lm-eval and lmms-eval use, on random answers.

Needs LMMS_EVAL_METRICS_DRIVER, the program built from metrics_driver.cpp; `ctest -R parity.metrics` sets it.
"""

import importlib
import importlib.util
import itertools
import json
import math
import os
import pathlib
import random
import shutil
import subprocess
import sys

import numpy as np
import pytest
import sacrebleu
from lm_eval.api import metrics as lm_eval_metrics
from lmms_eval.api import metrics as lmms_eval_metrics
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU, CHRF, TER

from metrics_cases import Texts

ROOT = pathlib.Path(__file__).resolve().parents[2]
DRIVER = os.environ.get("LMMS_EVAL_METRICS_DRIVER", str(ROOT / "build" / "release" / "metrics_driver"))


class Driver:
    def __init__(self):
        self.process = subprocess.Popen([DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        encoding="utf-8")

    def ask(self, **test):
        self.process.stdin.write(json.dumps(test, ensure_ascii=False) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the driver died on {test!r}"
        return json.loads(line)


@pytest.fixture(scope="module")
def driver():
    driver = Driver()
    yield driver
    driver.process.stdin.close()
    assert driver.process.wait() == 0


def near(want):
    return pytest.approx(want, rel=1e-9, abs=1e-9, nan_ok=True)


# --- corpus metrics of sacrebleu


def options(**choices):
    """Every combination of the given values."""
    return [dict(zip(choices, values)) for values in itertools.product(*choices.values())]


BLEU_OPTIONS = (
    options(tokenize=["13a", "intl", "zh", "char", "none"], lowercase=[False, True])
    + options(smooth_method=["exp", "floor", "add-k", "none"], smooth_value=[None, 0.3], effective_order=[False, True])
    + options(max_ngram_order=[1, 2, 6])
)
CHRF_OPTIONS = (
    options(word_order=[0, 1, 2], beta=[1, 2, 3])
    + options(lowercase=[False, True], whitespace=[False, True], eps_smoothing=[False, True])
    + options(char_order=[1, 4])
)
TER_OPTIONS = options(normalized=[False, True], no_punct=[False, True], asian_support=[False, True],
                      case_sensitive=[False, True])
CORPORA = ([("bleu", BLEU, o) for o in BLEU_OPTIONS] + [("chrf", CHRF, o) for o in CHRF_OPTIONS]
           + [("ter", TER, o) for o in TER_OPTIONS])


@pytest.mark.parametrize("name, scorer, arguments", CORPORA, ids=lambda value: str(value) if isinstance(value, (str, dict)) else "")
def test_corpus_metric(driver, name, scorer, arguments):
    texts = Texts(len(name) + len(str(arguments)))
    for _ in range(60):
        references = texts.random.randint(1, 3)
        values = []
        for _ in range(texts.random.randint(1, 5)):
            hypothesis, reference = texts.pair(25)
            values.append([[reference, *(texts.like(reference) for _ in range(references - 1))], hypothesis])
        streams = list(zip(*(value[0] for value in values)))
        want = scorer(**arguments).corpus_score([value[1] for value in values], streams).score
        got = driver.ask(aggregation=name, values=values, arguments=arguments)
        assert got.get("value") == near(want), (arguments, values)


@pytest.mark.parametrize("name", ["bleu", "chrf", "chrf++", "ter"])
def test_corpus_metric_as_lm_eval_calls_it(driver, name):
    texts = Texts(7)
    function = {"bleu": lm_eval_metrics.bleu, "chrf": lm_eval_metrics.chrf, "chrf++": lm_eval_metrics.chrfpp,
                "ter": lm_eval_metrics.ter}[name]
    for several in (False, True):
        values = []
        for _ in range(20):
            hypothesis, reference = texts.pair()
            more = [texts.like(reference) for _ in range(texts.random.randint(1, 3))]
            values.append([[reference, *more] if several else reference, hypothesis])
        got = driver.ask(aggregation=name, values=values, bootstrap_iters=100000)
        assert got["value"] == near(function(values))
        assert got["stderr"] == near(bootstrap(function, values, 100))


# --- a doc's value


@pytest.mark.parametrize("stemmer", [False, True])
def test_rouge(driver, stemmer):
    texts = Texts(11)
    kinds = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
    scorer = RougeScorer(kinds, use_stemmer=stemmer)
    for _ in range(10_000):
        prediction, reference = texts.pair(20)
        references = [reference] + [texts.like(reference) for _ in range(texts.random.randint(0, 2))]
        got = driver.ask(metric="rouge", predictions=[prediction], references=references,
                         arguments={"use_stemmer": stemmer})
        want = scorer.score_multi(references, prediction)
        assert got == {kind: near(want[kind].fmeasure) for kind in kinds}, (references, prediction)


def test_stemmer(driver):
    from nltk.stem.porter import PorterStemmer

    rng = random.Random(3)
    beginnings = ["", "s", "th", "gen", "oper", "commun", "cr", "y", "fly", "hop", "fizz", "controll", "geo", "rel"]
    ends = ["ing", "ed", "eed", "ies", "ied", "ational", "iveness", "fulli", "logi", "alli", "bli", "ion", "tion",
            "ement", "ll", "e", "y", "s", "sses", "ness", "able", "icate", "at", "iz"]
    letters = "abcdefghijklmnopqrstuvwxyz"
    stem = PorterStemmer().stem
    for _ in range(3000):
        middle = "".join(rng.choices(letters, k=rng.randint(0, 3)))
        word = rng.choice(beginnings) + middle + rng.choice(ends) + rng.choice(["", *ends])
        if len(word) < 4:
            continue
        got = driver.ask(metric="rouge1", predictions=[word], references=[stem(word)], arguments={"use_stemmer": True})
        # The stem of a stem may be another; so compare one that is too short to be cut again, or its own stem.
        if len(stem(word)) <= 3 or stem(stem(word)) == stem(word):
            assert got == 1.0, word


@pytest.mark.parametrize("arguments", options(ignore_case=[False, True], ignore_punctuation=[False, True],
                                              ignore_numbers=[False, True], regexes_to_ignore=[None, [",", r"\$", r"\s+"]]))
def test_exact_match(driver, arguments):
    texts = Texts(13)
    for _ in range(1_500):
        prediction = texts.text(2).replace("İ", "I")  # whose lower case NumPy cuts: docs/differences.md
        reference = texts.random.choice([prediction, prediction.upper(), prediction + "1", prediction.strip(" .,")])
        want = lm_eval_metrics.exact_match_hf_evaluate([prediction], [reference], **arguments)["exact_match"]
        assert driver.ask(metric="exact_match", predictions=[prediction], references=[reference],
                          arguments=arguments) == want, (prediction, reference)


def test_anls(driver):
    texts = Texts(17)
    for _ in range(10_000):
        prediction, reference = texts.pair(4)
        references = [reference, *(texts.like(reference) for _ in range(texts.random.randint(0, 2)))]
        arguments = texts.random.choice([{}, {"thresh_hold": 0.2}])
        want = lmms_eval_metrics.anls(references, [prediction], **arguments)["anls"]
        got = driver.ask(metric="anls", predictions=[prediction], references=references, arguments=arguments)
        assert got == near(want), (prediction, references)


def test_relaxed_accuracy(driver):
    from lmms_eval.tasks.chartqa.utils import relaxed_correctness

    texts = Texts(53)
    numbers = ["1", "1.04", "-1", "0", "0.0", "1e3", "1000", "1_000", "1,000", "50%", "0.5", "0.51%%", "%", " 7 ", "7.",
               ".5", "+5", "inf", "-Infinity", "NaN", "nan%", "1__0", "_1", "e5", "1e", "0x10", "٣", "３.5", "", "Yes", "yes ",
               "١٠", "1e400", "1e-400", "5 %", "$5", "1.5.2"]
    for prediction, target in itertools.product(numbers, numbers):
        got = driver.ask(metric="relaxed_accuracy", predictions=[prediction], references=[target])
        assert got == float(relaxed_correctness(prediction, target)), (prediction, target)
    for _ in range(10_000):
        target = f"{texts.random.uniform(-100, 100):.{texts.random.randint(0, 3)}f}"
        prediction = f"{float(target) * texts.random.uniform(0.9, 1.1):.4f}" + texts.random.choice(["", "", "%"])
        got = driver.ask(metric="relaxed_accuracy", predictions=[prediction], references=[target])
        assert got == float(relaxed_correctness(prediction, target)), (prediction, target)


def vqa_score(answers, prediction):
    """textvqa's and okvqa's process_results."""
    scores = []
    for i in range(len(answers)):
        others = [answers[j] for j in range(len(answers)) if i != j]
        scores.append(min(1, float(len([other for other in others if other == prediction])) / 3))
    return sum(scores) / len(scores)


@pytest.mark.parametrize("normalizer", ["full", "vqav2"])
def test_vqa_accuracy(driver, normalizer):
    from lmms_eval.tasks._task_utils.vqa_eval_metric import EvalAIAnswerProcessor

    processor = EvalAIAnswerProcessor()

    def vqav2(text):
        text = text.replace("\n", " ").replace("\t", " ").strip()
        return processor.process_digit_article(processor.process_punctuation(text))

    normalize = processor if normalizer == "full" else vqav2
    texts = Texts(59)
    more = [*processor.CONTRACTIONS, *processor.NUMBER_MAP, *processor.ARTICLES, "3,000 a, b", "...", "a.b.c", "." * 40]
    for _ in range(5_000):
        answers = [" ".join([texts.text(2), texts.random.choice(more)]) for _ in range(3)]
        answers = [texts.random.choice(answers) + texts.random.choice(["", "", ".", " ", "!"]) for _ in range(10)]
        prediction = texts.random.choice(answers)
        got = driver.ask(metric="vqa_accuracy", predictions=[prediction], references=answers,
                         arguments={"normalizer": normalizer})
        want = vqa_score([normalize(answer) for answer in answers], normalize(prediction))
        assert got == near(want), (prediction, answers)
        # Word by word: a text against itself normalized.
        text = " ".join([texts.text(4), texts.random.choice(more)])
        assert driver.ask(metric="vqa_accuracy", predictions=[normalize(text)], references=[text] * 4) == (
            near(1.0) if processor(normalize(text)) == processor(text) else 0.0), text


def test_levenshtein(driver):
    texts = Texts(61)
    for _ in range(10_000):
        prediction, reference = texts.pair(5)
        got = driver.ask(metric="levenshtein", predictions=[prediction], references=[reference])
        assert got == lmms_eval_metrics.levenshtein_distance(prediction, reference)


def test_iou(driver):
    rng = random.Random(67)

    def iou(a, b):
        width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
        height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
        areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
        return width * height / (areas - width * height)

    for _ in range(10_000):
        a, b = ([round(rng.random(), rng.randint(0, 4)) for _ in range(4)] for _ in range(2))
        text = f"The box is [{', '.join(map(str, a))}]." if rng.random() < 0.8 else "I see no box."
        try:
            want = iou(a if "[" in text else [0.0] * 4, b)
        except ZeroDivisionError:
            want = 0.0
        got = driver.ask(metric="iou", predictions=[text], references=[str(value) for value in b])
        assert got == near(max(0.0, want)), (text, b)


# --- speech and captions


def module_of(path, name):
    """A module of lmms_eval by its file, without what its package imports."""
    folder = pathlib.Path(lmms_eval_metrics.__file__).parents[1] / path
    package = name.split(".")[0]
    spec = importlib.util.spec_from_file_location(package, folder / "__init__.py", submodule_search_locations=[str(folder)])
    sys.modules.setdefault(package, importlib.util.module_from_spec(spec))
    return importlib.import_module(name)


SPOKEN = (
    "zero oh o one two three five six nine ten eleven twelve nineteen twenty thirty ninety hundred thousand million "
    "billion decillion ones twos sixes tens first second third fifth eighth twelfth twentieth nineties hundredth hundreds "
    "millionth and point double triple minus negative plus pound pounds euros dollar dollars cent cents per percent "
    "and-a-half 1 5 12 0 007 3.5 100 1,000 1st 2nd 3s 20th 5% $5 $1.50 $0.50 €2 ¢7 £3 1960s a1 1b 3.5.2 .5 12. 5.0"
).split(" ")
OTHER = ("won't can't it's he'd been gone mr mrs dr st. gonna hmm uh colour theatre centre grey analyse realise the a of "
         "half cats [noise] <unk> (laughs) n't 's ' naïve Straße œuvre 50% $ % . , - 北京 café can 't").split(" ")


def spoken(rng):
    words = rng.choices(SPOKEN, k=rng.randint(0, 9)) + rng.choices(OTHER, k=rng.randint(0, 3))
    if rng.random() < 0.7:
        rng.shuffle(words)
    return " ".join(words).replace("and-a-half", "and a half")


def test_whisper_normalizers(driver):
    english = module_of("tasks/librispeech/whisper_normalizer", "whisper_normalizer.english").EnglishTextNormalizer()
    basic = module_of("tasks/librispeech/whisper_normalizer", "whisper_normalizer.basic").BasicTextNormalizer()
    rng, texts = random.Random(71), Texts(71)
    for i in range(20000):
        text = spoken(rng) if i % 4 else texts.text(15)
        assert driver.ask(whisper_english=text) == english(text), repr(text)
        assert driver.ask(whisper_basic=text) == basic(text), repr(text)


def test_wer(driver):
    from jiwer import cer, wer

    texts = Texts(73)
    words = "one two three four five six".split()
    for _ in range(3_500):
        pairs = []
        for _ in range(texts.random.randint(1, 5)):
            reference = texts.random.choices(words, k=texts.random.randint(1, 8))
            prediction = [word for word in reference if texts.random.random() < 0.8] + texts.random.choices(words, k=1)
            pairs.append((" ".join(prediction), " ".join(reference)))
        for name, function in (("wer", wer), ("cer", cer)):
            values = [driver.ask(metric=name, predictions=[p], references=[r]) for p, r in pairs]
            got = driver.ask(aggregation=name, values=values)["value"]
            assert got == near(function([r for _, r in pairs], [p for p, _ in pairs])), pairs


def test_wer_as_lmms_eval_computes_it(driver):
    shared = module_of("tasks", "tasks.asr_wer_utils")
    english = module_of("tasks/librispeech/whisper_normalizer", "whisper_normalizer.english").EnglishTextNormalizer()
    basic = module_of("tasks/librispeech/whisper_normalizer", "whisper_normalizer.basic").BasicTextNormalizer()
    rng = random.Random(79)
    for _ in range(2_500):
        pairs = [("<|en|>" + spoken(rng), "hello, world ! " + spoken(rng)) for _ in range(4)]
        want = shared.compute_wer(*([shared.remove_sp(pair[i], "en") for pair in pairs] for i in (1, 0)), "en",
                                  english_languages={"en"}, english_normalizer=english, basic_normalizer=basic)
        values = [driver.ask(metric="wer", predictions=[p], references=[r], arguments={"normalizer": "lmms_eval_english"})
                  for p, r in pairs]
        assert driver.ask(aggregation="wer", values=values)["value"] == near(want), pairs


def test_cider(driver):
    from pycocoevalcap.cider.cider import Cider

    texts = Texts(83)
    words = "a man dog cat on the red blue bench sits runs with in park".split()
    for _ in range(150):
        captions, references = {}, {}
        for i in range(texts.random.randint(1, 12)):
            captions[i] = [" ".join(texts.random.choices(words, k=texts.random.randint(1, 9)))]
            references[i] = [" ".join(texts.random.choices(words, k=texts.random.randint(1, 9)))
                             for _ in range(texts.random.randint(1, 4))] + texts.random.choice([[], captions[i]])
        want, _ = Cider().compute_score(references, captions)
        values = [[references[i], captions[i][0]] for i in captions]
        assert driver.ask(aggregation="cider", values=values)["value"] == near(want)


CAPTION_WORDS = (
    "A a man woman's dog's dogs' isn't don't can't cannot it's they're we've I'm he'd t-shirt black-and-white 3 3.5 1,000 "
    "two-year-old 10:30 50% $5 u.s. a.m. p.m. mr. st. (red) [old] \"stop\" 'no' on, the; in: of! with? -- - ... and/or "
    "gonna 1990s 3rd & #5 café o'clock"
).split(" ")


@pytest.mark.skipif(not shutil.which("java"), reason="the tokenizer of pycocoevalcap needs Java")
def test_caption_words(driver):
    from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

    rng = random.Random(89)
    captions = [" ".join(rng.choices(CAPTION_WORDS, k=rng.randint(2, 10)) + ["street" + rng.choice([".", "", "!"])])
                for _ in range(2000)]
    want = PTBTokenizer().tokenize({i: [{"caption": caption}] for i, caption in enumerate(captions)})
    for i, caption in enumerate(captions):
        assert driver.ask(caption=caption) == want[i][0], caption


# --- log-likelihoods


def choices_case(rng):
    choices = ["".join(rng.choices("abcé猫 ", k=rng.randint(1, 9))) for _ in range(rng.randint(2, 6))]
    return choices, {
        "logprobs": [rng.choice([-1.0, -2.0, rng.uniform(-50, 0)]) for _ in choices],
        "unconditional": [rng.uniform(-50, 0) for _ in choices],
        "is_greedy": [rng.random() < 0.3 for _ in choices],
        "characters": [len(choice) for choice in choices],
        "bytes": [len(choice.encode()) for choice in choices],
        "gold": [rng.randrange(len(choices))],
    }


def test_choices(driver):
    """By lm-eval's task.py: argmax of the sums, of the sums per character or byte, and of what the context adds."""
    rng = random.Random(19)
    for _ in range(1000):
        choices, case = choices_case(rng)
        sums, gold = np.array(case["logprobs"]), case["gold"][0]
        lengths = {"acc_norm": case["characters"], "acc_bytes": case["bytes"], "acc": [1.0] * len(choices)}
        for name, length in lengths.items():
            want = float(np.argmax(sums / np.array(length, dtype=float)) == gold)
            assert driver.ask(metric=name, **case) == want
        assert driver.ask(metric="acc_mutual_info", **case) == float(np.argmax(sums - case["unconditional"]) == gold)
        assert driver.ask(metric="exact_match", **case) == float(case["is_greedy"][gold])
        assert driver.ask(metric="f1", **case) == [gold, int(np.argmax(sums))]
        exponents = np.exp(sums - np.max(sums))
        assert driver.ask(metric="brier_score", **case) == [gold, near(list(exponents / exponents.sum()))]


# --- aggregations


def bootstrap(function, values, iterations):
    """lm-eval's bootstrap_stderr on one process."""
    replicates = lm_eval_metrics._bootstrap_internal_no_mp(function, values, iterations)
    return lm_eval_metrics.sample_stddev(replicates)


def numbers(rng, count):
    return [rng.choice([0.0, 1.0, rng.random(), -rng.random() * 20]) for _ in range(count)]


def pairs(rng, count):
    return [(rng.uniform(-90, 0), rng.randint(1, 40)) for _ in range(count)]


def classes(rng, count):
    return [(rng.randint(0, 1), rng.randint(0, 1)) for _ in range(count)]


def probabilities(rng, count):
    rows = []
    for _ in range(count):
        row = [rng.random() for _ in range(4)]
        rows.append((rng.randrange(4), [value / sum(row) for value in row]))
    return rows


AGGREGATIONS = [
    ("mean", lm_eval_metrics.mean, numbers, False),
    ("nanmean", lm_eval_metrics.nanmean, numbers, True),
    ("median", lm_eval_metrics.median, numbers, True),
    ("perplexity", lm_eval_metrics.perplexity, numbers, True),
    ("weighted_mean", lm_eval_metrics.weighted_mean, pairs, False),
    ("weighted_perplexity", lm_eval_metrics.weighted_perplexity, pairs, False),
    ("bits_per_byte", lm_eval_metrics.bits_per_byte, pairs, False),
    ("f1", lm_eval_metrics.f1_score, classes, True),
    ("matthews_corrcoef", lm_eval_metrics.matthews_corrcoef, classes, True),
    ("brier_score", lm_eval_metrics.brier_score, probabilities, False),
    ("sum", np.nansum, numbers, False),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name, function, make, bootstraps", AGGREGATIONS, ids=[case[0] for case in AGGREGATIONS])
def test_aggregation(driver, name, function, make, bootstraps):
    rng = random.Random(23)
    for _ in range(40):
        values = make(rng, rng.choice([1, 2, 3, 17, 150]))
        assert driver.ask(aggregation=name, values=values)["value"] == near(function(values))
    values = make(rng, 25)
    got = driver.ask(aggregation=name, values=values, bootstrap_iters=2500)
    if bootstraps:
        # Whole chunks of 1,000 only; exactly equal for what counts, to the last digits for what numpy sums up.
        assert got["stderr"] == pytest.approx(bootstrap(function, values, 2500), rel=1e-13)
    elif name == "mean":
        assert got["stderr"] == lm_eval_metrics.mean_stderr(values)
    else:
        assert got["stderr"] is None


def test_bootstrap_of_100000_iterations(driver):
    rng = random.Random(29)
    values = [rng.uniform(-5, 0) for _ in range(8)]
    got = driver.ask(aggregation="perplexity", values=values, bootstrap_iters=100000)
    assert got["stderr"] == bootstrap(lm_eval_metrics.perplexity, values, 100000)


def test_unsorted_median(driver):
    rng = random.Random(31)
    for _ in range(50):
        values = numbers(rng, rng.randint(1, 30))
        got = driver.ask(aggregation="median", values=values, as_lmms_eval_07=True)
        assert got["value"] == lmms_eval_metrics.median(values)


@pytest.mark.filterwarnings("ignore")
def test_matthews_of_many_classes(driver):
    rng = random.Random(37)
    for _ in range(200):
        values = [(rng.randint(0, 4), rng.randint(0, 4)) for _ in range(rng.randint(1, 30))]
        got = driver.ask(aggregation="matthews_corrcoef", values=values)
        assert got["value"] == near(lm_eval_metrics.matthews_corrcoef(values))


def test_errors_over_docs(driver):
    rng = random.Random(41)
    for _ in range(300):
        scores = [rng.choice([0, 1, rng.random()]) for _ in range(rng.randint(2, 40))]
        clusters = [rng.choice(["a", "b", "c", None]) for _ in scores]
        values = [{"score": score, "video": cluster} for score, cluster in zip(scores, clusters)]
        got = driver.ask(aggregation="bypass", values=values, cluster_key="video")
        assert got["clt"] == float(np.std(scores, ddof=1) / np.sqrt(len(scores)))
        if len(set(clusters) - {None}) > 1:
            try:
                want = lmms_eval_metrics.clustered_stderr(scores, clusters)
            except ValueError:  # the root of a negative number
                want = 0.0
            assert got["clustered"] == pytest.approx(want, rel=1e-9, abs=1e-7)
        else:
            assert got["clustered"] is None


def test_stability(driver):
    rng = random.Random(43)
    for _ in range(300):
        scores = [[float(rng.randint(0, 1)) for _ in range(rng.randint(0, 4))] for _ in range(rng.randint(1, 9))]
        want = [f(scores) for f in (lmms_eval_metrics.expected_accuracy, lmms_eval_metrics.consensus_accuracy,
                                    lmms_eval_metrics.internal_variance, lmms_eval_metrics.consistency_rate)]
        got = driver.ask(statistic="stability", scores=scores)
        assert [math.nan if value is None else value for value in got] == near(want)


def test_group_errors(driver):
    rng = random.Random(47)
    for _ in range(300):
        errors = [rng.random() for _ in range(rng.randint(1, 9))]
        sizes = [rng.randint(2, 500) for _ in errors]
        assert driver.ask(statistic="group", stderrs=errors, sizes=sizes) == [
            near(lm_eval_metrics.pooled_sample_stderr(errors, sizes)),
            near(lm_eval_metrics.unweighted_mean_stderr(errors)),
        ]
