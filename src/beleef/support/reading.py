"""What a message of a customer is: an answer that needs an answer, a mere thank-you, or the voice of a machine."""

import re
from collections.abc import Mapping

_MOST_WORDS = 14
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")  # noqa: RUF001 -- people type this apostrophe
_GRATITUDE = {
    "bedankt", "dank", "dankje", "dankjewel", "dankuwel", "dankewel", "thanks", "thank", "thankyou", "thx", "ty",
    "merci", "cheers",
}  # fmt: skip
_PASSING = {
    # Dutch
    "aan", "al", "alles", "alvast", "beste", "dag", "dat", "de", "duidelijk", "en", "erg", "fijn", "fijne", "goed", "gelukt",
    "geholpen", "groet", "groeten", "groetjes", "hallo", "hartelijk", "heel", "helder", "helemaal", "hoi", "hulp", "ik", "is",
    "ja", "jaar", "je", "jij", "jouw", "jullie", "met", "mooi", "nogmaals", "ok", "oke", "oké", "prima", "reactie", "snelle",
    "super", "top", "toppie", "u", "uitleg", "uw", "veel", "vriendelijke", "voor", "weekend", "wel", "zeer", "antwoord", "avond",
    "mvg", "fantastisch", "geweldig", "opgelost", "gered", "het", "bericht", "informatie", "info", "mevrouw", "meneer", "gr",
    # English
    "again", "a", "all", "amazing", "appreciate", "appreciated", "awesome", "best", "bye", "clear", "day", "dear", "everything",
    "evening", "excellent", "fast", "for", "good", "got", "great", "have", "hello", "help", "helped", "hi", "i", "it", "kind",
    "lot", "lovely", "many", "me", "much", "nice", "of", "okay", "perfect", "quick", "regards", "reply", "response", "so",
    "solved", "sorted", "that", "the", "this", "very", "wonderful", "works", "yes", "you", "your", "fixed", "prompt",
    "helping", "explaining", "explanation", "information", "sir", "madam",
}  # fmt: skip
_AUTOMATIC_SUBJECT = re.compile(
    r"^\s*(auto(matic|matisch|mated)?[ -]?(reply|response|antwoord|bericht)|automatisch(e)? (antwoord|bericht|reactie)|out of (the )?office"
    r"|afwezig(heidsbericht|heid)?\b|ik ben afwezig|niet aanwezig|vacation|on holiday|undeliver(ed|able)|delivery (status|failure)|mail delivery"
    r"|onbestelbaar|failure notice|returned mail)",
    re.IGNORECASE,
)


def is_thanks(text: str, *, has_attachments: bool = False) -> bool:
    """Return whether a message only thanks: short, with a word of thanks, and no word that says anything else.

    Args:
        text: The message without what it quotes.
        has_attachments: Whether files came with it: they are there to be looked at.
    """
    if has_attachments or "?" in text or len(text) > 200:
        return False
    lines = [line for line in text.splitlines() if line.strip()]
    words = [word.casefold().replace("’", "'") for word in _WORD.findall(" ".join(lines[:1]))]  # noqa: RUF001
    words += [word.casefold() for line in lines[1:2] for word in _WORD.findall(line)]
    if not words or len(words) > _MOST_WORDS or not _GRATITUDE.intersection(words):
        return False
    rest = [word for word in words if word not in _GRATITUDE and word not in _PASSING]
    # One name may stand beside the thanks; what comes after two lines is a signature.
    return len(rest) <= 1 and not re.search(r"\d", " ".join(lines[:2]))


def is_automatic(headers: Mapping[str, str], *, sender: str, own: bool = False) -> bool:
    """Return whether a machine wrote a mail (RFC 3834, and what mail programs do besides).

    Args:
        headers: Its headers, names in lower case.
        sender: The address it was sent from on the wire; empty for reports (RFC 5321, 4.5.5).
        own: Whether it comes from one of the organisation's own addresses: a loop.
    """
    submitted = headers.get("auto-submitted", "no").partition(";")[0].strip().lower()
    precedence = headers.get("precedence", "").strip().lower()
    suppress = headers.get("x-auto-response-suppress", "").strip().lower()
    kind = headers.get("content-type", "").lower()
    return (
        own
        or submitted not in {"", "no"}
        or precedence in {"bulk", "junk", "list", "auto_reply"}
        or bool({"all", "oof", "autoreply"} & {part.strip() for part in suppress.split(",")})
        or any(name in headers for name in ("x-autoreply", "x-autorespond", "list-id", "x-loop"))
        or kind.startswith("multipart/report")
        or headers.get("return-path", sender).strip() in {"", "<>"}
        or sender.partition("@")[0].casefold() in {"mailer-daemon", "postmaster"}
        or _AUTOMATIC_SUBJECT.search(headers.get("subject", "")) is not None
    )
