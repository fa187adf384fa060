"""The table of all metrics. A figure that is not here is not shown anywhere.

How many observations a figure needs follows from the simulations in `tests/stats`: from there on its interval holds what it promises.
"""

from typing import Final

from beleef.kernel.errors import NotFound
from beleef.metrics.model import Direction, Metric


def N_(message: str) -> str:  # noqa: N802 -- the name by which gettext's own tools find messages; the words stand above this slice
    """Return the message itself, marked for translation."""
    return message


LEAST_ANSWERS: Final = 10
"""For net scores, shares, and means on a known scale."""

LEAST_SKEWED: Final = 30
"""For means of what has no highest value, and for the slowest tenth."""

_NET: Final = N_("adjusted Wald interval with three more answers")
_WILSON: Final = N_("Wilson's score interval")
_STUDENT: Final = N_("Student's t interval")
_STUDENT_ADJUSTED: Final = N_("Student's t interval with three more answers")
_SURVIVAL: Final = N_("Kaplan-Meier, the open ones counted as open, log-log bounds")
_QUANTILE: Final = N_("exact, from the order of the values")
_BOOTSTRAP: Final = N_("bootstrap, corrected for bias and skewness (BCa)")
_GARWOOD: Final = N_("Garwood's exact Poisson interval")

_OWN: Final = "Beleef"
_NPS: Final = "Reichheld (2003), The one number you need to grow, Harvard Business Review 81"
_CSAT: Final = "usual practice: top two boxes of five"
_CES: Final = "Dixon, Toman and DeLisi (2013), The effortless experience: CES 2.0"
_MEDALLIA: Final = "Medallia, first contact resolution"


def _share(
    name: str,
    label: str,
    formula: str,
    direction: Direction,
    source: str = _OWN,
    *,
    scale: tuple[int, int] | None = None,
    good: tuple[int, int] | None = None,
) -> Metric:
    return Metric(
        name=name,
        label=label,
        formula=formula,
        kind="share",
        unit="share",
        direction=direction,
        least_n=LEAST_ANSWERS,
        method=_WILSON,
        source=source,
        scale=scale,
        good=good,
    )


def _net(
    name: str,
    label: str,
    formula: str,
    *,
    scale: tuple[int, int],
    good: tuple[int, int],
    bad: tuple[int, int],
    source: str,
) -> Metric:
    return Metric(
        name=name,
        label=label,
        formula=formula,
        kind="net",
        unit="points",
        direction="up",
        least_n=LEAST_ANSWERS,
        method=_NET,
        source=source,
        scale=scale,
        good=good,
        bad=bad,
    )


def _mean(name: str, label: str, formula: str, *, scale: tuple[int, int] | None, source: str) -> Metric:
    return Metric(
        name=name,
        label=label,
        formula=formula,
        kind="mean",
        unit="score",
        direction="up",
        least_n=LEAST_ANSWERS if scale else LEAST_SKEWED,
        method=_STUDENT_ADJUSTED if scale else _STUDENT,
        source=source,
        scale=scale,
    )


def _duration(name: str, label: str, formula: str, part: float = 0.5) -> Metric:
    return Metric(
        name=name,
        label=label,
        formula=formula,
        kind="survival",
        unit="seconds",
        direction="down",
        least_n=LEAST_ANSWERS if part == 0.5 else LEAST_SKEWED,
        method=_SURVIVAL,
        source=_OWN,
        part=part,
    )


def _quantile(name: str, label: str, formula: str, part: float = 0.5) -> Metric:
    return Metric(
        name=name,
        label=label,
        formula=formula,
        kind="quantile",
        unit="seconds",
        direction="down",
        least_n=LEAST_ANSWERS if part == 0.5 else LEAST_SKEWED,
        method=_QUANTILE,
        source=_OWN,
        part=part,
    )


def _times(name: str, label: str, formula: str) -> Metric:
    return Metric(
        name=name,
        label=label,
        formula=formula,
        kind="times",
        unit="times",
        direction="down",
        least_n=LEAST_SKEWED,
        method=_BOOTSTRAP,
        source=_OWN,
    )


_ANSWERS: Final = (
    _net(
        "nps",
        N_("Net Promoter Score"),
        N_("share of answers 9 and 10 less share of answers 0 to 6, of all who answered"),
        scale=(0, 10),
        good=(9, 10),
        bad=(0, 6),
        source=_NPS,
    ),
    _share(
        "csat",
        N_("Satisfied customers"),
        N_("answers 4 and 5 ÷ all answers from 1 to 5"),
        "up",
        _CSAT,
        scale=(1, 5),
        good=(4, 5),
    ),
    _share(
        "csat_low",
        N_("Dissatisfied customers"),
        N_("answers 1 and 2 ÷ all answers from 1 to 5"),
        "down",
        _CSAT,
        scale=(1, 5),
        good=(1, 2),
    ),
    _mean(
        "csat_mean",
        N_("Mean satisfaction"),
        N_("mean of the answers from 1 to 5"),
        scale=(1, 5),
        source=_CSAT,
    ),
    _share(
        "ces",
        N_("Found it easy"),
        N_("answers 5, 6 and 7 ÷ all answers from 1 to 7"),
        "up",
        _CES,
        scale=(1, 7),
        good=(5, 7),
    ),
    _mean("ces_mean", N_("Mean ease"), N_("mean of the answers from 1 to 7"), scale=(1, 7), source=_CES),
    _net(
        "ces_net",
        N_("Net ease"),
        N_("share of answers 6 and 7 less share of answers 1 to 3, of all who answered"),
        scale=(1, 7),
        good=(6, 7),
        bad=(1, 3),
        source="practice in the Netherlands",
    ),
    _mean(
        "rating", N_("Mean rating"), N_("mean of the answers, on their own scale"), scale=None, source=_OWN
    ),
)

_SURVEYS: Final = (
    _share("response_rate", N_("Response"), N_("completed ÷ delivered (sent less bounced)"), "up"),
    _share(
        "response_of_eligible", N_("Response of all who could be asked"), N_("completed ÷ eligible"), "up"
    ),
    _share("completion_rate", N_("Completed"), N_("completed ÷ opened"), "up"),
    _share("chosen", N_("Chosen"), N_("answers with this option ÷ answers to the question"), "none"),
    _share("positive_share", N_("Positive texts"), N_("positive texts ÷ texts with a clear tone"), "up"),
    _share("negative_share", N_("Negative texts"), N_("negative texts ÷ texts with a clear tone"), "down"),
)

_TIMES: Final = (
    _duration(
        "first_response",
        N_("First reply, median"),
        N_("from the first message to the first reply by a person; automatic replies do not count"),
    ),
    _duration(
        "first_response_p90",
        N_("First reply, slowest tenth"),
        N_("how long until nine in ten had their first reply by a person"),
        part=0.9,
    ),
    _duration(
        "next_reply",
        N_("Next reply, median"),
        N_("from each message of a customer to the next reply by a person"),
    ),
    _duration(
        "next_reply_p90",
        N_("Next reply, slowest tenth"),
        N_("how long until nine in ten messages had a reply by a person"),
        part=0.9,
    ),
    _duration(
        "first_resolution",
        N_("First solved, median"),
        N_("from opening to the first time the case was solved"),
    ),
    _duration("resolution", N_("Solved, median"), N_("from opening to the last time the case was solved")),
    _duration(
        "resolution_p90",
        N_("Solved, slowest tenth"),
        N_("how long until nine in ten cases were solved for the last time"),
        part=0.9,
    ),
    _duration(
        "customer_wait",
        N_("Time the customer waits, median"),
        N_("time in which the case was new, open or on hold; not while the customer was asked something"),
    ),
    _quantile(
        "backlog_age", N_("Age of open cases, median"), N_("now less opening, of all cases that are open")
    ),
    _quantile(
        "backlog_age_p90",
        N_("Age of open cases, oldest tenth"),
        N_("the age that nine in ten open cases have not passed"),
        part=0.9,
    ),
    _quantile(
        "promise_late",
        N_("How late, median"),
        N_("time over the promised moment, of promises that were broken and then fulfilled"),
    ),
)

_PROMISES: Final = (
    _share(
        "promise_kept",
        N_("Promises kept"),
        N_("promises kept ÷ promises that fell due in the period"),
        "up",
    ),
    _share(
        "complaint_ignored",
        N_("Complaints ignored"),
        N_(
            "complaints without a reply by a person when its promised moment came ÷ complaints of which it came"
        ),
        "down",
    ),
    _share(
        "never_answered",
        N_("Complaints never answered"),
        N_("complaints without a reply by a person after 30 days ÷ complaints opened at least 30 days ago"),
        "down",
    ),
    Metric(
        name="complaint_rate",
        label=N_("Complaints per 1,000 customers"),
        formula=N_("complaints ÷ thousands of active customers"),
        kind="rate",
        unit="per 1,000",
        direction="down",
        least_n=0,
        method=_GARWOOD,
        source=_OWN,
    ),
    _share(
        "complaint_upheld",
        N_("Complaints that were right"),
        N_("complaints that were upheld ÷ complaints closed"),
        "none",
    ),
    _share(
        "root_cause_known",
        N_("Root cause known"),
        N_("complaints with a root cause ÷ complaints closed"),
        "up",
    ),
    _share(
        "closed_loop",
        N_("Called back in time"),
        N_("follow-ups with a real contact within 48 hours ÷ follow-ups of people who may be contacted"),
        "up",
    ),
)

_SERVICE: Final = (
    _share(
        "fcr",
        N_("Solved in one contact"),
        N_(
            "closed with one contact, and none about the same within 7 days ÷ cases closed at least 7 days ago"
        ),
        "up",
    ),
    _share("fcr_asked", N_("Solved in one go, says the customer"), N_("yes ÷ (yes + no)"), "up"),
    _share(
        "fcr_net",
        N_("Solved in one contact, of what could be"),
        N_("solved the first time ÷ (contacts less those that cannot be solved at the first desk)"),
        "up",
        _MEDALLIA,
    ),
    _share(
        "reopened",
        N_("Opened again"),
        N_("opened again within 14 days ÷ cases closed at least 14 days ago"),
        "down",
    ),
    _share(
        "deflection",
        N_("No case followed"),
        N_(
            "visits with an article read and no case within 24 hours ÷ visits with an article read at least 24 hours ago"
        ),
        "up",
    ),
    _times("effort_contacts", N_("Contacts per solved case"), N_("contacts by the customer ÷ solved cases")),
    _times(
        "effort_switches", N_("Changes of channel per solved case"), N_("changes of channel ÷ solved cases")
    ),
    _times("effort_transfers", N_("Hand-overs per solved case"), N_("hand-overs ÷ solved cases")),
    _times(
        "effort_repeats",
        N_("Times asked again per solved case"),
        N_("messages by the customer before a reply came, beyond the first ÷ solved cases"),
    ),
    Metric(
        name="recovery",
        label=N_("Recovery"),
        formula=N_("later score less earlier score of the same people, mean"),
        kind="pairs",
        unit="score",
        direction="up",
        least_n=LEAST_SKEWED,
        method=_BOOTSTRAP,
        source=_OWN,
    ),
)

METRICS: Final[dict[str, Metric]] = {
    one.name: one for one in (*_ANSWERS, *_SURVEYS, *_TIMES, *_PROMISES, *_SERVICE)
}


def metric(name: str) -> Metric:
    """Return a metric.

    Raises:
        NotFound: There is none of that name.
    """
    found = METRICS.get(name)
    if found is None:
        raise NotFound(f"There is no metric {name!r}.", hint="Known are: " + ", ".join(METRICS) + ".")
    return found
