"""What follow-ups are called: for colleagues by what led to them, for customers by what they did."""

from tests.cast import ANNA
from tests.support.making import Json, ServiceDesk


def test_follow_ups_are_called_by_what_led_to_them(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    rows: tuple[tuple[Json, str], ...] = (
        (
            {"metric": "nps", "value": 4, "scale_max": 10, "touchpoint": "delivery"},
            "Low score after delivery: 4 of 10",
        ),
        ({"metric": "csat", "value": 2, "scale_max": 5, "language": "nl"}, "Lage score: 2 van 5"),
        (
            {"kind": "contact_me", "value": 1, "touchpoint": "help_desk"},
            "Wants to hear from us after help desk",
        ),
        ({"kind": "open", "text": "It was late.", "sentiment": "negative"}, "Unhappy words"),
    )
    for number, (said, title) in enumerate(rows, 10_001):
        about = {"survey": "s", "response": f"r{number}", "language": "en"}
        desk.hear(desk.place.event(ANNA, "Survey Answered", **about | said))
        assert desk.case(number).life.title == title


def test_a_customer_reads_another_title_of_a_follow_up_than_colleagues(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    answer = {"survey": "s", "response": "r1", "metric": "nps", "value": 4, "scale_max": 10, "language": "en"}
    desk.hear(desk.place.event(ANNA, "Survey Answered", **answer))
    desk.replies(desk.case(), "What went wrong?")
    mail = next(one for one in desk.outgoing() if "What went wrong?" in one["parts"]["text"])
    assert mail["parts"]["subject"] == "Re: What you told us [C-10001]"
