"""Changing a draft: read, changed and kept in one transaction, so that two colleagues who edit different questions both keep their work."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from beleef.access.model import Actor
from beleef.feedback.api import Survey, to_data
from beleef.feedback.pages.parts import FeedbackRoom
from beleef.kernel.errors import Conflict, InvalidInput, NotFound
from beleef.ui.words import Words

Data = dict[str, Any]

RESERVED: Final = frozenset({"new", "import"})
"""Names that a survey cannot have: pages are there."""


def draft_of(survey: Survey) -> Data:
    """Return a draft as plain data that can be changed in place: mappings and lists all the way down."""
    data: Data = msgspec.json.decode(msgspec.json.encode(to_data(survey)))
    data.setdefault("blocks", [])
    return data


def change(room: FeedbackRoom, actor: Actor, name: str, edit: Callable[[Data], Any]) -> None:
    """Change a draft and keep it.

    Args:
        room: What the pages work with.
        actor: Who changes it.
        name: The survey.
        edit: Changes the data in place.

    Raises:
        NotFound: there is no such survey, page or question.
        InvalidInput: the changed draft cannot be kept; nothing is.
        Conflict: the promise to respondents cannot change any more.
    """
    with room.database.write() as connection:
        data = draft_of(room.feedback.survey(connection, name).survey)
        edit(data)
        room.feedback.save(connection, data, room.now())
    room.record(actor, "survey.save", name, {})


def create(room: FeedbackRoom, actor: Actor, data: Data) -> None:
    """Keep a new draft.

    Raises:
        InvalidInput: it cannot be kept.
        Conflict: there is a survey of that name.
    """
    name = str(data.get("name", ""))
    if name in RESERVED:
        raise InvalidInput("That cannot be a survey's name.", hint="Choose a word that is no page's name.")
    with room.database.write() as connection:
        try:
            room.feedback.survey(connection, name)
        except NotFound:
            room.feedback.save(connection, data, room.now())
        else:
            raise Conflict(
                f"There is a survey {name} already.", hint="Choose another name, or change that one."
            )
    room.record(actor, "survey.save", name, {})


def told(error: InvalidInput | Conflict, words: Words) -> str:
    """Return what is wrong, and what to do about it."""
    return words.refusal(error)


def name_of(label: str) -> str:
    """Return a name made of what people call something.

    Raises:
        InvalidInput: nothing is left of it.
    """
    name = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-0123456789")[:40].strip("-")
    if not name or name in RESERVED:
        raise InvalidInput("That cannot be a name.", hint="Use a word with letters, and not a page's name.")
    return name


def free(wanted: str, taken: set[str]) -> str:
    """Return a name, with a number behind it where it is taken."""
    if wanted not in taken:
        return wanted
    return next(f"{wanted}-{number}" for number in range(2, 1_000) if f"{wanted}-{number}" not in taken)


def questions_of(data: Data) -> Iterator[tuple[Data, int]]:
    """Yield each question's page, and its place in it."""
    for block in data["blocks"]:
        for place in range(len(block.get("questions", ()))):
            yield block, place


def find(data: Data, question: str) -> tuple[Data, int]:
    """Return a question's page and its place in it.

    Raises:
        NotFound: there is no such question.
    """
    for block, place in questions_of(data):
        if block["questions"][place]["id"] == question:
            return block, place
    raise NotFound(
        "There is no such question.", hint="Go back to the draft: a colleague may have removed it."
    )


def block_of(data: Data, block: str) -> tuple[int, Data]:
    """Return a page and its place.

    Raises:
        NotFound: there is no such page.
    """
    for place, one in enumerate(data["blocks"]):
        if one["id"] == block:
            return place, one
    raise NotFound("There is no such page.", hint="Go back to the draft: a colleague may have removed it.")


def ids(data: Data) -> set[str]:
    """Return every id that is taken: of pages, endings and questions."""
    taken = {block["id"] for block in data["blocks"]} | {one["id"] for one in data.get("endings", ())}
    return taken | {block["questions"][place]["id"] for block, place in questions_of(data)}


def shift(data: Data, question: str, by: int) -> None:
    """Move a question one place up or down; beyond the end of its page it goes to the neighbouring one.

    Raises:
        NotFound: there is no such question.
    """
    block, place = find(data, question)
    moved = block["questions"].pop(place)
    if 0 <= place + by <= len(block["questions"]):
        block["questions"].insert(place + by, moved)
        return
    number, _ = block_of(data, block["id"])
    beside = max(0, min(len(data["blocks"]) - 1, number + by))
    other = data["blocks"][beside].setdefault("questions", [])
    other.insert(len(other) if by < 0 else 0, moved)


def shift_block(data: Data, block: str, by: int) -> None:
    """Move a page one place up or down; at the end it stays.

    Raises:
        NotFound: there is no such page.
    """
    place, one = block_of(data, block)
    del data["blocks"][place]
    data["blocks"].insert(max(0, place + by), one)


def duplicate(data: Data, question: str) -> str:
    """Put a copy of a question behind it, and return the copy's id.

    Raises:
        NotFound: there is no such question.
    """
    block, place = find(data, question)
    copy = {**block["questions"][place], "id": free(question, ids(data))}
    block["questions"].insert(place + 1, copy)
    return str(copy["id"])


def remove(data: Data, question: str) -> None:
    """Take a question out, with the conditions that look at it: they could hold no more.

    Raises:
        NotFound: there is no such question.
    """
    block, place = find(data, question)
    del block["questions"][place]
    for other in data["blocks"]:
        for one in other.get("questions", ()):
            _drop_conditions(one, "show_if", question)
        for jump in other.get("jumps", ()):
            _drop_conditions(jump, "when", question)


def remove_block(data: Data, block: str) -> None:
    """Take a page out, with its questions and the jumps that lead to it.

    Raises:
        NotFound: there is no such page.
    """
    _, found = block_of(data, block)
    for one in list(found.get("questions", ())):
        remove(data, one["id"])
    data["blocks"] = [one for one in data["blocks"] if one["id"] != block]
    for other in data["blocks"]:
        if "jumps" in other:
            other["jumps"] = [jump for jump in other["jumps"] if jump["to"] != block]


def _drop_conditions(part: Data, name: str, question: str) -> None:
    if name in part:
        part[name] = [one for one in part[name] if one["question"].partition(".")[0] != question]
