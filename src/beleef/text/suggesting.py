"""Themes that the taxonomy does not have yet: what groups of texts share in words that it does not know, for somebody to accept or reject."""

from collections.abc import Sequence
from typing import Any, Final

from beleef.text.keywords import keywords
from beleef.text.model import Suggestion, Taxonomy
from beleef.text.taxonomy import finder

_LEAST_TEXTS: Final = 30
_LEAST_SHARE: Final = 0.01
_LEAST_IN: Final = 3
"""A word must be in so many texts, and in this share of them, to make a theme."""

_MOST_SHARE: Final = 0.6
_WORDS: Final = 6
_EXAMPLES: Final = 5
_LEAST_WEIGHT: Final = 0.1
"""Words below this share of a theme's heaviest word do not tell anything of it."""


def suggest(
    texts: Sequence[str], language: str, taxonomy: Taxonomy, *, most: int = 8
) -> tuple[Suggestion, ...]:
    """Return new themes, the one of most texts first.

    Term frequencies weighed by inverse document frequency, factored into non-negative parts: Lee, D. D. and Seung, H. S. (1999), Nature
    401, p. 788-791. The start is fixed (NNDSVDa), so the same texts give the same themes.

    Args:
        texts: Redacted texts in one language.
        language: `nl` or `en`.
        taxonomy: The themes there are: their words are left out.
        most: At most so many.

    Returns:
        Suggestions; none where fewer than 30 texts hold words that the taxonomy does not know.
    """
    known = finder(taxonomy, language)
    words = [[word for word in keywords(text, language) if not known.themes_of(word)] for text in texts]
    places = [place for place, given in enumerate(words) if given]
    if len(places) < _LEAST_TEXTS:
        return ()
    weighed, terms = _weighed([words[place] for place in places])
    if len(terms) < 2:
        return ()
    parts, loads = _factored(weighed, min(most, len(terms) - 1))
    return _named(parts, loads, terms, places)


def _weighed(words: list[list[str]]) -> tuple[Any, list[str]]:
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 -- takes a second and 60 MB to load

    least = max(_LEAST_IN, round(_LEAST_SHARE * len(words)))
    counts: dict[str, int] = {}
    for given in words:
        for word in given:
            counts[word] = counts.get(word, 0) + 1
    terms = sorted(word for word, count in counts.items() if least <= count <= _MOST_SHARE * len(words))
    if not terms:
        return None, []
    vectorizer = TfidfVectorizer(analyzer=lambda given: given, vocabulary=terms, sublinear_tf=True)
    return vectorizer.fit_transform(words), terms


def _factored(weighed: Any, most: int) -> tuple[Any, Any]:
    import warnings  # noqa: PLC0415 -- only here

    from sklearn.decomposition import NMF  # noqa: PLC0415 -- as above
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 -- as above

    most = min(most, weighed.shape[0] - 1, weighed.shape[1])
    model = NMF(n_components=most, init="nndsvda", max_iter=400, random_state=0)
    with warnings.catch_warnings():
        # A last decimal more or less does not change which words come first.
        warnings.simplefilter("ignore", ConvergenceWarning)
        parts = model.fit_transform(weighed)
    return parts, model.components_


def _named(parts: Any, loads: Any, terms: list[str], places: list[int]) -> tuple[Suggestion, ...]:
    best = parts.argmax(axis=1)
    found = []
    for number, load in enumerate(loads):
        members = [row for row in range(len(places)) if best[row] == number and parts[row, number] > 0]
        if len(members) < _LEAST_IN or load.max() <= 0:
            continue
        heaviest = sorted(range(len(terms)), key=lambda term: (-load[term], terms[term]))[:_WORDS]
        members.sort(key=lambda row: (-parts[row, number], row))
        found.append(
            Suggestion(
                words=tuple(terms[term] for term in heaviest if load[term] >= _LEAST_WEIGHT * load.max()),
                examples=tuple(places[row] for row in members[:_EXAMPLES]),
                count=len(members),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.count, one.words)))
