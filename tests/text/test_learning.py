"""What reviewers' labels teach: a model that says how good it is, abstains, and needs no library to answer."""

import msgspec
import numpy as np
import pytest

from beleef.kernel.errors import InvalidInput
from beleef.text import learning
from beleef.text.api import Labelled, Model, analyse, train
from beleef.text.learning import macro_f1, macro_f1_bounds

WORDS = {
    "negative": ("kapot", "boos", "traag", "vies"),
    "neutral": ("dinsdag", "blauw", "stoel", "postcode"),
    "positive": ("blij", "snel", "mooi", "prima"),
}


def labelled(kinds: tuple[str, ...] = tuple(WORDS), each: int = 24) -> list[Labelled]:
    return [
        Labelled(
            text=f"{WORDS[kind][n % 4]} en {WORDS[kind][(n + 1) % 4]} de het {'ja' * (n % 3)}", label=kind
        )
        for kind in kinds
        for n in range(each)
    ]


@pytest.fixture(scope="module")
def model() -> Model:
    return train(labelled(), name="reviewers")


def test_a_model_learns_what_can_be_learned_and_says_so(model: Model) -> None:
    assert model.labels == ("negative", "neutral", "positive")
    assert model.predict("mooi en prima").label == "positive"
    assert model.quality.n == 72
    assert model.quality.macro_f1 == 1
    assert model.quality.confusion == ((24, 0, 0), (0, 24, 0), (0, 0, 24))
    assert model.quality.low < model.quality.accuracy == model.quality.high == 1


def test_quality_is_that_of_texts_that_were_not_seen() -> None:
    generator_of_noise = [Labelled(text=f"woord{n % 7} zin{n % 5}", label="ab"[n % 2]) for n in range(140)]
    quality = train(generator_of_noise, name="noise").quality
    assert quality.accuracy < 0.75


def test_a_model_abstains_where_it_knows_no_word_or_is_not_sure(model: Model) -> None:
    assert model.predict("xyzzy").label is None
    cautious = msgspec.structs.replace(model, threshold=0.99)
    unsure = cautious.predict("mooi kapot")
    assert unsure.label is None
    assert 0 < unsure.probability < 0.99


def test_nothing_that_can_be_trusted_is_answered_by_a_model_that_learned_noise() -> None:
    noise = [Labelled(text=f"woord{n % 7} zin{n % 5}", label="ab"[(n * n // 3) % 2]) for n in range(140)]
    model = train(noise, name="noise")
    assert model.quality.answered_accuracy >= 0.9 or model.quality.answered == 0


def test_a_model_is_plain_json_and_answers_the_same_after_reading(model: Model) -> None:
    again = msgspec.json.decode(msgspec.json.encode(model), type=Model)
    for text in ("mooi", "kapot en vies", "dinsdag de stoel", ""):
        assert again.probabilities(text) == model.probabilities(text)


@pytest.mark.parametrize("kinds", [("negative", "positive"), tuple(WORDS)])
def test_a_model_answers_what_the_library_that_learned_it_would(kinds: tuple[str, ...]) -> None:
    given = labelled(kinds)
    model = train(given, name="same")
    vectorizer, learner = learning._learned(
        [one.text for one in given], [kinds.index(one.label) for one in given]
    )
    for text in ("mooi en prima mooi", "kapot en snel", "de het"):
        expected = learner.predict_proba(vectorizer.transform([text]))[0]
        assert model.probabilities(text) == pytest.approx(tuple(expected), abs=1e-4)


def test_the_same_labels_teach_the_same(model: Model) -> None:
    assert train(labelled(), name="reviewers") == model


def test_too_few_labels_teach_nothing() -> None:
    with pytest.raises(InvalidInput, match="only one label"):
        train(labelled(("positive",)), name="x")
    with pytest.raises(InvalidInput, match="Only 19 texts have the label “negative”") as refused:
        train([*labelled(("positive",)), *labelled(("negative",), 19)], name="x")
    assert "20" in refused.value.hint
    with pytest.raises(InvalidInput, match="no words in common"):
        train(
            [Labelled(text=f"q{chr(97 + n % 26)}{chr(97 + n // 26)}", label="ab"[n % 2]) for n in range(60)],
            name="x",
        )


def test_a_model_of_tones_decides_in_an_analysis_and_one_of_themes_does_not(model: Model) -> None:
    assert analyse("blauw en stoel", language="nl", model=model).by == "reviewers"
    themes = train([Labelled(text=one.text, label=f"theme-{one.label}") for one in labelled()], name="themes")
    assert analyse("mooi en prima", language="nl", model=themes).by == "lexicon"
    assert analyse("xyzzy", language="nl", model=model).by == "lexicon"


def test_macro_f1_counts_each_label_alike() -> None:
    # F1 of the first 2*8/(10+9), of the second 2*1/(2+3).
    assert macro_f1([[8, 2], [1, 1]]) == pytest.approx((16 / 19 + 2 / 5) / 2)
    assert macro_f1([[3, 0], [0, 0]]) == 0.5


@pytest.mark.parametrize(
    ("sizes", "rates"),
    [
        ((40, 40), ((0.9, 0.1), (0.2, 0.8))),
        ((30, 60, 25), ((0.8, 0.1, 0.1), (0.1, 0.85, 0.05), (0.3, 0.2, 0.5))),
        ((21, 21), ((0.97, 0.03), (0.03, 0.97))),
    ],
)
def test_the_interval_of_macro_f1_holds_the_truth_in_95_of_100_samples(
    sizes: tuple[int, ...], rates: tuple[tuple[float, ...], ...]
) -> None:
    truth = macro_f1(
        [[round(1_000_000 * n * rate) for rate in row] for n, row in zip(sizes, rates, strict=True)]
    )
    draws = np.random.default_rng(5)
    held = 0
    for _ in range(400):
        drawn = [list(draws.multinomial(n, row)) for n, row in zip(sizes, rates, strict=True)]
        low, high = macro_f1_bounds(drawn)
        held += low <= truth <= high
    assert 0.92 <= held / 400 <= 0.99


def test_a_model_that_was_never_wrong_is_not_perfect_for_certain() -> None:
    low, high = macro_f1_bounds([[20, 0], [0, 20]])
    assert 0.85 < low < 0.99
    assert high == 1
