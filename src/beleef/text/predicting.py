"""A model that reviewers taught: labels for texts, with the probability, or no answer where it is not sure enough.

It is a table of numbers that anyone can read, and answers without the library that learned it.
"""

from collections.abc import Iterator
from math import exp, log, sqrt

import msgspec

from beleef.text.model import SENTIMENTS, Opinion, Quality, Sentiment
from beleef.text.tokens import tokens


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """What a model says of a text.

    Attributes:
        label: The label, None where the model abstains.
        probability: Of the likeliest label, by the model; from 0 to 1.
    """

    label: str | None
    probability: float


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A multinomial logistic regression on words and pairs of words, as plain JSON.

    Attributes:
        name: What it is called.
        labels: The labels that it knows.
        terms: Per word or pair of words: its inverse document frequency, then its coefficient for each label.
        intercepts: Per label.
        threshold: Below this probability it abstains.
        quality: How well it did on texts that it did not learn from.
    """

    name: str
    labels: tuple[str, ...]
    terms: dict[str, tuple[float, ...]]
    intercepts: tuple[float, ...]
    threshold: float
    quality: Quality

    def probabilities(self, text: str) -> tuple[float, ...]:
        """Return the probability of each label, in the order of the labels; they add up to 1."""
        counts: dict[str, int] = {}
        for term in features(text):
            if term in self.terms:
                counts[term] = counts.get(term, 0) + 1
        weights = {term: (1 + log(count)) * self.terms[term][0] for term, count in counts.items()}
        length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        scores = [
            intercept + sum(weight / length * self.terms[term][place] for term, weight in weights.items())
            for place, intercept in enumerate(self.intercepts, 1)
        ]
        highest = max(scores)
        powers = [exp(score - highest) for score in scores]
        return tuple(power / sum(powers) for power in powers)

    def predict(self, text: str) -> Prediction:
        """Return the likeliest label of a text, or none where it is not likely enough or nothing in the text is known."""
        found = self.probabilities(text)
        best = max(range(len(found)), key=found.__getitem__)
        is_known = any(term in self.terms for term in features(text))
        sure = is_known and found[best] >= self.threshold
        return Prediction(label=self.labels[best] if sure else None, probability=found[best])

    def sentiment(self, text: str, language: str) -> Opinion | None:  # noqa: ARG002 -- the port gives it; the words are enough
        """Return the tone of a text where the model's labels are tones and it is sure enough: see ``port.LanguageModel``."""
        tones: dict[str, Sentiment] = {tone: tone for tone in SENTIMENTS}
        label = self.predict(text).label
        if label is None or not set(self.labels) <= set(tones):
            return None
        found = dict(zip(self.labels, self.probabilities(text), strict=True))
        return Opinion(sentiment=tones[label], score=found.get("positive", 0.0) - found.get("negative", 0.0))


def features(text: str) -> Iterator[str]:
    """Yield the words, pairs of neighbouring words, faces and emoji of a text, as a model counts them."""
    before = ""
    for token in tokens(text):
        if token.kind in {"word", "face", "emoji"}:
            yield token.form
            if before and token.kind == "word":
                yield f"{before} {token.form}"
        before = token.form if token.kind == "word" else ""
