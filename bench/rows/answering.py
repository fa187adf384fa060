"""Answering a survey through its public form: `beleef serve` takes them in while its worker works on them, and people who each send the
form of the link that they were mailed, with a score and a comment, over eight connections.

An answer counts when its page of thanks has come: the invitation is marked as answered, what was written is cleared of personal data, and
the answer is on disk in the log. The peer is an empty ASGI app on the same embedded server, loop and settings, which takes the same forms
in the same turn. How fast forms are opened is told by one reader alone.
"""

import http.client
import re
import time
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from beleef.app import Stores, build_feedback, build_profiles, build_survey_links, build_worker
from beleef.feedback.api import from_data
from beleef.feedback.invitation_queries import NewOccasion, add
from beleef.kernel.clock import DAY
from bench.apart import apart
from bench.installation import install, opened, populate
from bench.load import client
from bench.load.report import Load
from bench.processes import Server, baseline, beleef_web, beleef_worker
from bench.result import Outcome, Result, median, spread
from bench.run import Run

TITLE = "Answering a survey"

_CONNECTIONS = 8
_FIRST = 20
_LEAST_PER_S = 100
_SHEET = re.compile(r'name="sheet" value="([^"]*)"')
_FORM = "application/x-www-form-urlencoded"
_SURVEY = {
    "name": "parcel",
    "label": "After a parcel",
    "kind": "transactional",
    "title": {"en": "Your parcel", "nl": "Uw pakket"},
    "languages": ["en", "nl"],
    "trigger": {"event": "Order Delivered"},
    "alarm": True,
    "blocks": [
        {
            "id": "score",
            "questions": [
                {"id": "score", "kind": "nps", "is_required": True, "text": "Would you recommend us?"},
                {"id": "why", "kind": "open", "text": "Why?"},
            ],
        }
    ],
}
_COMMENTS = (
    "The parcel came a day late, and nobody told me.",
    "Snel bezorgd en heel vriendelijke bezorger, dank u wel!",
    "De doos was kapot. Bel mij op 06 12345678.",
    "All fine, as always.",
)


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One turn.

    Attributes:
        mine: How Beleef took the forms.
        empty: How the empty app took the same.
        opened_per_s: How many forms a second were opened before.
        cpu_ms: Milliseconds of processor time of the web process per answer.
    """

    mine: Load
    empty: Load
    opened_per_s: float
    cpu_ms: float


def measure(run: Run) -> Outcome:
    """Measure the row."""
    made, forms = install(run.folder / "answering"), run.sizes.forms
    paths = apart(_invite, made.data, _FIRST + forms * run.sizes.rounds)
    turns = []
    with beleef_web(made.data) as own, beleef_worker(made.data), baseline("empty") as empty:
        # The first to write something wait until the words of two languages are loaded.
        _turn(own, empty, paths[:_FIRST])
        for number in range(run.sizes.rounds):
            turns.append(_turn(own, empty, paths[_FIRST + number * forms :][:forms]))
            run.say(f"{turns[-1].mine.requests_per_s:,.0f} answers/s")
    apart(_check, made.data, len(paths))
    mine = median([turn.mine.requests_per_s for turn in turns])
    ratios = [turn.mine.requests_per_s / turn.empty.requests_per_s for turn in turns]
    return Outcome(
        results=(
            Result(
                row=f"answers through the public form, {_CONNECTIONS} connections, web and worker at work",
                measured=f"{mine:,.0f} answers/s",
                baseline=f"{median([turn.empty.requests_per_s for turn in turns]):,.0f} requests/s, empty app",
                ratio=median(ratios),
                budget=f"≥ {_LEAST_PER_S} answers/s",
                holds=mine >= _LEAST_PER_S,
            ),
        ),
        details=(
            (
                f"ratios {spread(ratios, digits=3)}; p50 {median([turn.mine.p50_ms for turn in turns]):.0f} ms, "
                f"p99 {median([turn.mine.p99_ms for turn in turns]):.0f} ms; "
                f"processor time of the web process {median([turn.cpu_ms for turn in turns]):.1f} ms an answer"
            ),
            f"forms opened by one reader, one after the other: {median([turn.opened_per_s for turn in turns]):,.0f} a second",
            f"all {len(paths):,} invitations were marked as answered, and each answer was worked on once",
        ),
    )


def _invite(data: Path, number: int) -> list[str]:
    """Let so many people be invited, and return the paths of their links."""
    with opened(data) as stores:
        populate(stores, 0, number)
        worker = build_worker(stores)
        worker.catch_up()
        worker.release()
        feedback, links, now = build_feedback(stores), build_survey_links(stores), stores.now()
        with stores.database.write() as connection:
            feedback.save(connection, from_data(_SURVEY), now)
            stored = feedback.publish(connection, str(_SURVEY["name"]), now)
            subjects = build_profiles(stores).subjects(connection, after=-1, limit=number)
            invited = [
                NewOccasion(
                    number=feedback.invitation_number(f"bench:{subject}"),
                    survey=stored.number,
                    version=stored.version,
                    subject=subject,
                    due_at=now - DAY,
                    state="asked",
                )
                for subject in subjects
            ]
            add(connection, invited)
        return [f"/s/{links.personal_token(one.number)}" for one in invited]


def _turn(own: Server, empty: Server, paths: Sequence[str]) -> Turn:
    began = time.perf_counter()
    sheets = _sheets(own.port, paths)
    took = time.perf_counter() - began
    requests = [
        client.request_bytes("POST", path, _filled_in(place, sheet), kind=_FORM)
        for place, (path, sheet) in enumerate(zip(paths, sheets, strict=True))
    ]
    before = own.cpu_s()
    mine = client.once(own.port, requests, connections=_CONNECTIONS).checked()
    cpu_ms = 1_000 * (own.cpu_s() - before) / len(requests)
    theirs = client.once(empty.port, requests, connections=_CONNECTIONS).checked()
    return Turn(mine=mine, empty=theirs, opened_per_s=len(paths) / took, cpu_ms=cpu_ms)


def _sheets(port: int, paths: Sequence[str]) -> list[str]:
    """Open each form as a browser does, and return what it carries along."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    found = []
    for path in paths:
        connection.request("GET", path, headers={"Accept": "text/html"})
        page = connection.getresponse().read().decode()
        carried = _SHEET.search(page)
        if carried is None:
            raise RuntimeError(f"{path} shows no form.")
        found.append(unescape(carried[1]))
    connection.close()
    return found


def _filled_in(place: int, sheet: str) -> bytes:
    answers = {"q.score": str(place % 11), "q.why": _COMMENTS[place % len(_COMMENTS)]}
    return urlencode({"go": "next", "sheet": sheet, **answers}).encode()


def _check(data: Path, number: int) -> None:
    """See to it that each answer that was taken is there, once."""
    with opened(data) as stores:
        worker = build_worker(stores)
        worker.catch_up()
        worker.release()
        scores, finished = _counted(stores)
    if scores != number or finished != number:
        raise RuntimeError(
            f"{number:,} people answered; there are {scores:,} scores and {finished:,} responses."
        )


def _counted(stores: Stores) -> tuple[int, int]:
    feedback, name = build_feedback(stores), str(_SURVEY["name"])
    with stores.database.read() as connection:
        scores = feedback.counts(connection, name, "score").groups
        return sum(one.n for one in scores), feedback.progress(connection, name).finished
