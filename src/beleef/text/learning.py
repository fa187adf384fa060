"""Learning labels from reviewers: a model, and how well it does on texts that it did not learn from.

What is learned and how it is judged come from the same texts, so each text is judged by a model that never saw it.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from beleef.kernel.errors import InvalidInput
from beleef.stats.proportions import wilson
from beleef.text.model import Labelled, Quality
from beleef.text.predicting import Model, features

LEAST_PER_LABEL: Final = 20
"""Fewer texts of a label teach nothing that can be checked."""

_PARTS: Final = 5
_MOST_TERMS: Final = 20_000
_LEAST_IN: Final = 2
_AIM: Final = 0.9
"""Share of right labels that the threshold is set for: the model abstains rather than being wrong more often."""

_LEAST_ANSWERED: Final = 20
_STRENGTH: Final = 20.0
"""Inverse of the penalty on coefficients (scikit-learn's C): with unit-length texts, 1 would learn too little."""

_SEED: Final = 0
_DRAWS: Final = 4_000
_DECIMALS: Final = 5
"""Of coefficients: more would double the size of a model and change no answer."""


def train(labelled: Sequence[Labelled], *, name: str) -> Model:
    """Learn from labelled texts.

    Words and pairs weighed by sublinear term frequency and inverse document frequency, then logistic regression with a ridge
    penalty (scikit-learn); quality by stratified five-fold cross-validation. The threshold is the least probability at which nine of ten
    answers on held-out texts are right; it is chosen on the same texts, so expect slightly less.

    Args:
        labelled: Texts with labels; of one language where possible.
        name: What the model is called.

    Raises:
        InvalidInput: There are fewer than two labels, or fewer than 20 texts of one.
    """
    counts = Counter(one.label for one in labelled)
    if len(counts) < 2:
        raise InvalidInput(
            "There is only one label, so there is nothing to tell apart.",
            hint="Label texts of at least two kinds.",
        )
    label, count = min(counts.items(), key=lambda item: (item[1], item[0]))
    if count < LEAST_PER_LABEL:
        raise InvalidInput(
            f"Only {count} texts have the label “{label}”.",
            hint=f"Label at least {LEAST_PER_LABEL} texts of each kind before the model learns.",
        )
    labels = tuple(sorted(counts))
    texts, truth = [one.text for one in labelled], [labels.index(one.label) for one in labelled]
    held_out = _held_out(texts, truth, len(labels))
    threshold = _threshold(held_out, truth)
    vectorizer, learner = _learned(texts, truth)
    return Model(
        name=name,
        labels=labels,
        terms=_terms(vectorizer, learner, len(labels)),
        intercepts=_intercepts(learner, len(labels)),
        threshold=threshold,
        quality=_quality(held_out, truth, len(labels), threshold),
    )


def macro_f1(confusion: Sequence[Sequence[int]]) -> float:
    """Return the mean F1 over the labels of a square table: rows are true labels, columns predicted ones; 0 for labels never met."""
    scores = []
    for place, row in enumerate(confusion):
        right = row[place]
        said = sum(other[place] for other in confusion)
        scores.append(2 * right / (sum(row) + said) if sum(row) + said else 0.0)
    return sum(scores) / len(scores)


def macro_f1_bounds(confusion: Sequence[Sequence[int]]) -> tuple[float, float]:
    """Return the 95% interval of the mean F1 of a square table: what the rates behind each row can be, with Jeffreys' prior.

    Goutte, C. and Gaussier, E. (2005), A probabilistic interpretation of precision, recall and F-score, ECIR, p. 345-359; drawn for
    all labels at once, because a mean of several F1 has no closed form. Unlike a bootstrap it is not empty where no label was wrong.
    """
    import numpy as np  # noqa: PLC0415 -- only who learns pays for it

    found = macro_f1(confusion)
    counts = np.array(confusion, dtype=np.float64)
    draws = np.random.default_rng(_SEED)
    sizes = counts.sum(axis=1)
    drawn = np.stack(
        [n * draws.dirichlet(row + 0.5, _DRAWS) for n, row in zip(sizes, counts, strict=True)], 1
    )
    right = np.einsum("rkk->rk", drawn)
    said = drawn.sum(axis=1) + sizes
    means = np.divide(2 * right, said, out=np.zeros_like(right), where=said > 0).mean(axis=1)
    low, high = (float(bound) for bound in np.quantile(means, (0.025, 0.975)))
    return min(low, found), max(high, found)


def _learned(texts: Sequence[str], truth: Sequence[int]) -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 -- takes a second and 60 MB to load
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 -- as above

    vectorizer = TfidfVectorizer(
        analyzer=lambda text: list(features(text)),
        min_df=_LEAST_IN,
        max_features=_MOST_TERMS,
        sublinear_tf=True,
    )
    learner = LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=1_000)
    try:
        learner.fit(vectorizer.fit_transform(texts), truth)
    except ValueError as error:
        raise InvalidInput(
            "The texts have no words in common, so nothing can be learned from them.",
            hint="Label more texts, and longer ones.",
        ) from error
    return vectorizer, learner


def _held_out(texts: Sequence[str], truth: Sequence[int], labels: int) -> list[list[float]]:
    """Return, for each text, the probabilities of the labels by a model that did not see it."""
    from sklearn.model_selection import StratifiedKFold  # noqa: PLC0415 -- as above

    found: list[list[float]] = [[0.0] * labels for _ in texts]
    for seen, unseen in StratifiedKFold(_PARTS, shuffle=True, random_state=_SEED).split(texts, truth):
        vectorizer, learner = _learned([texts[place] for place in seen], [truth[place] for place in seen])
        given = learner.predict_proba(vectorizer.transform([texts[place] for place in unseen]))
        for place, row in zip(unseen, given, strict=True):
            found[place] = [float(value) for value in row]
    return found


def _threshold(held_out: Sequence[Sequence[float]], truth: Sequence[int]) -> float:
    """Return the least probability at which nine of ten held-out answers are right; 1 where there is none."""
    ordered = sorted(
        (
            (max(row), row.index(max(row)) == label)
            for row, label in zip(map(list, held_out), truth, strict=True)
        ),
        reverse=True,
    )
    threshold, right = 1.0, 0
    for rank, (probability, is_right) in enumerate(ordered, 1):
        right += is_right
        is_last_of_equals = rank == len(ordered) or ordered[rank][0] < probability
        if rank >= _LEAST_ANSWERED and is_last_of_equals and right >= _AIM * rank:
            threshold = probability
    return threshold


def _quality(
    held_out: Sequence[Sequence[float]], truth: Sequence[int], labels: int, threshold: float
) -> Quality:
    confusion = [[0] * labels for _ in range(labels)]
    answered = right_answers = 0
    for row, label in zip(map(list, held_out), truth, strict=True):
        said = row.index(max(row))
        confusion[label][said] += 1
        if max(row) >= threshold:
            answered += 1
            right_answers += said == label
    right = sum(confusion[place][place] for place in range(labels))
    share = wilson(right, len(truth))
    f1_low, f1_high = macro_f1_bounds(confusion)
    return Quality(
        n=len(truth),
        macro_f1=macro_f1(confusion),
        accuracy=share.value,
        low=share.low,
        high=share.high,
        answered=answered / len(truth),
        answered_accuracy=right_answers / answered if answered else 0.0,
        confusion=tuple(map(tuple, confusion)),
        f1_low=f1_low,
        f1_high=f1_high,
    )


def _terms(vectorizer: Any, learner: Any, labels: int) -> dict[str, tuple[float, ...]]:
    rows = learner.coef_ if labels > 2 else [0 * learner.coef_[0], learner.coef_[0]]
    return {
        str(term): (
            round(float(vectorizer.idf_[place]), _DECIMALS),
            *(round(float(row[place]), _DECIMALS) for row in rows),
        )
        for place, term in enumerate(vectorizer.get_feature_names_out())
    }


def _intercepts(learner: Any, labels: int) -> tuple[float, ...]:
    # With two labels there is one row, for the second against the first.
    return tuple(map(float, learner.intercept_)) if labels > 2 else (0.0, float(learner.intercept_[0]))
