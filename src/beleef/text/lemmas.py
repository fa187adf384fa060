"""Words in their dictionary form, and whether a language knows them; remembered, because customers use few different words."""

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

_DATA: Final = Path(__file__).parent / "data"
_REMEMBERED: Final = 50_000
_DRAWN_OUT: Final = re.compile(r"(\w)\1{2,}")


def rows(name: str) -> list[list[str]]:
    """Return the lines of a data file, cut at tabs, without comments and empty lines."""
    text = (_DATA / name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if line.strip() and not line.startswith("#")]


@lru_cache(maxsize=_REMEMBERED)
def is_known(word: str, language: str) -> bool:
    """Return whether a word in lower case stands in a language's dictionary."""
    from simplemma import is_known as known  # noqa: PLC0415 -- loads dictionaries

    return word in _overrides(language) or known(word, language, low_memory=True)


@lru_cache(maxsize=_REMEMBERED)
def lemma(word: str, language: str) -> str:
    """Return the dictionary form of a word in lower case; itself where the language is neither `nl` nor `en`.

    Drawn-out words (`suuuper`) are read as a known word with the letter twice, or else once.
    """
    own = _overrides(language)
    if word in own:
        return own[word]
    if language not in {"nl", "en"}:
        return word
    word = shortened(word, language)
    if word in own:
        return own[word]
    from simplemma import lemmatize  # noqa: PLC0415 -- as above

    # Dutch separable verbs come as `op_lossen`.
    return lemmatize(word, language, low_memory=True).lower().replace("_", "")


@cache
def stop_words(language: str) -> frozenset[str]:
    """Return the words of a language that say nothing of a subject; none for an unknown language."""
    if language not in {"nl", "en"}:
        return frozenset()
    return frozenset(word for row in rows(f"stop-{language}.txt") for line in row for word in line.split())


@cache
def _overrides(language: str) -> dict[str, str]:
    if language not in {"nl", "en"}:
        return {}
    return {row[0]: row[1] for row in rows(f"lemmas-{language}.tsv")}


def shortened(word: str, language: str) -> str:
    """Return a drawn-out word (`suuuper`) as the known word with the letter twice, or else with the letter once; others as they are."""
    if not _DRAWN_OUT.search(word):
        return word
    for kept in (r"\1\1", r"\1"):
        shorter = _DRAWN_OUT.sub(kept, word)
        if is_known(shorter, language):
            return shorter
    return _DRAWN_OUT.sub(r"\1", word)
