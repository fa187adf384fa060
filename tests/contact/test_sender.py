"""The sender: what is retried and when, what is never sent twice, and that one channel's trouble is no other's."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import msgspec
import pytest

from beleef.contact import sending_queries
from beleef.contact.api import ChannelSetup
from beleef.contact.channels.book import ChannelBook, Opened
from beleef.contact.channels.opening import Surroundings, open_channel
from beleef.contact.channels.port import Channel, Outgoing, Sent
from beleef.contact.sending import AT_ONCE
from beleef.contact.work import Sender
from beleef.identity.api import Person
from beleef.kernel.clock import DAY, HOUR, MINUTE, SECOND
from beleef.profiles.api import Profile
from tests.cast import ANNA, BRAM, CHANTAL, DAAN, ELIF
from tests.contact.mail_server import Server, mail_server
from tests.contact.making import Place, mail
from tests.services.running import free_port

EVERYBODY = (ANNA, BRAM, CHANTAL, DAAN, ELIF)


def smtp(port: int, **more: object) -> ChannelSetup:
    settings = {"host": "127.0.0.1", "port": port, "security": "none", "from_address": "post@kersten.example"}
    return ChannelSetup(
        name="mail", kind="email", driver="smtp", settings={**settings, "timeout_s": 1, **more}
    )


@pytest.fixture
def server(here: Place) -> Iterator[Server]:
    """A mail server that the installation sends to."""
    with mail_server() as started:
        here.channel(smtp(started.port))
        yield started
        close_channels(here)


def close_channels(here: Place) -> None:
    """Sign off wherever the sender is connected."""
    with here.database.read() as connection:
        for opened in here.sender._contact.book.all(connection):
            if opened.channel is not None:
                opened.channel.close()


def test_mails_go_to_the_mail_server_with_signed_links(here: Place, server: Server) -> None:
    (anna,) = here.meet(ANNA)
    body = '<p><a href="https://shop.example/x">Kijk</a></p>'
    here.intend(mail("m", anna, parts={"subject": "Dag", "body": body, "text": "Dag"}))
    here.go()
    (taken,) = server.taken
    assert taken.recipients == (ANNA.email,)
    address = here.stores.settings.address
    assert taken.parsed["List-Unsubscribe"].startswith(f"<{address}/unsubscribe/")
    html = taken.parsed.get_body(("html",))
    assert html is not None
    assert f'href="{address}/c/' in html.get_content()
    assert "/o/" not in html.get_content()
    assert here.row("m").provider_id == taken.parsed["Message-ID"]


def test_a_refusal_for_now_is_tried_again_later_and_later(here: Place, server: Server) -> None:
    (anna,) = here.meet(ANNA)
    server.answers[ANNA.email] = "451 4.3.0 not now"
    here.intend(mail("m", anna, purpose="transactional"))
    waits = []
    for _ in range(5):
        here.go()
        row = here.row("m")
        assert (row.state, row.reason) == ("waiting", "retry")
        waits.append((row.due_at - here.stores.now()) // SECOND)
        here.go()
        assert here.row("m").attempts == row.attempts
        here.world.tick(waits[-1])
    assert waits == [30, 60, 120, 240, 480]
    del server.answers[ANNA.email]
    here.go()
    assert (here.row("m").state, here.row("m").attempts) == ("sent", 6)
    assert len(server.taken) == 1


def test_what_waits_for_a_retry_takes_no_place(here: Place, server: Server) -> None:
    (anna,) = here.meet(ANNA)
    server.answers[ANNA.email] = "451 4.3.0 not now"
    here.intend(mail("first", anna))
    here.go()
    del server.answers[ANNA.email]
    here.intend(mail("second", anna))
    here.go()
    assert here.states("first", "second") == ["waiting", "sent"]
    here.world.tick(60)
    here.go()
    assert here.row("first").reason == "cap"


def test_what_cannot_be_sent_in_time_is_given_up(here: Place, server: Server) -> None:
    (anna,) = here.meet(ANNA)
    server.answers[ANNA.email] = "451 4.3.0 not now"
    here.intend(mail("m", anna, purpose="transactional", expires_at=here.stores.now() + MINUTE))
    here.go()
    here.world.tick(30)
    here.go()
    assert (here.row("m").state, here.row("m").reason) == ("failed", "given_up")
    (told,) = here.facts("Message Failed")
    assert (told["reason"], told["code"]) == ("given_up", "451")


def test_an_address_that_does_not_exist_is_left_alone_from_then_on(here: Place, server: Server) -> None:
    (anna,) = here.meet(ANNA)
    server.answers[ANNA.email] = "550 5.1.1 no such user"
    here.intend(mail("m", anna, purpose="transactional"))
    here.go()
    assert (here.row("m").state, here.row("m").reason) == ("failed", "refused")
    assert here.row("m").error == "550: 5.1.1 no such user"
    (bounced,) = here.facts("Email Bounced")
    assert (bounced["bounce"], bounced["email"], bounced["key"]) == ("hard", ANNA.email, "m")
    here.intend(mail("n", anna, purpose="transactional"))
    here.go()
    assert here.row("n").reason == "bounced"


def test_staff_can_send_again_what_failed(here: Place, server: Server) -> None:
    (anna,) = here.meet(ANNA)
    server.answers[ANNA.email] = "554 5.7.1 not with us"
    here.intend(mail("m", anna, purpose="transactional"))
    here.go()
    del server.answers[ANNA.email]
    here.go()
    assert here.states("m") == ["failed"]
    with here.database.write() as connection:
        assert here.contact.send_again(connection, [here.row("m").id], here.stores.now()) == 1
    here.go()
    assert here.states("m") == ["sent"]
    with here.database.write() as connection:
        assert here.contact.send_again(connection, [here.row("m").id], here.stores.now()) == 0


def test_a_sender_that_died_on_the_wire_leaves_an_uncertain_message_that_no_machine_sends_again(
    here: Place, server: Server
) -> None:
    (anna,) = here.meet(ANNA)
    here.intend(mail("m", anna, purpose="transactional"))
    here.sender.decide()
    now = here.stores.now()
    with here.database.write() as connection:
        (row,) = sending_queries.claim(
            connection, kind="email", via=["", "mail"], owner="dead", now=now, until=now + MINUTE, limit=9
        )
        assert sending_queries.begin(
            connection, [(row.id, ANNA.email)], owner="dead", now=now, until=now + MINUTE
        ) == {row.id}
    assert here.sender.reconcile() == 0
    here.go()
    here.world.tick(61)
    assert here.sender.reconcile() == 1
    here.world.tick(DAY // SECOND)
    here.go()
    assert (here.row("m").state, here.row("m").reason) == ("uncertain", "sender_died")
    assert server.taken == []
    with here.database.write() as connection:
        here.contact.send_again(connection, [row.id], here.stores.now())
    here.go()
    assert here.states("m") == ["sent"]


def test_a_sender_that_died_before_the_wire_leaves_it_to_another(here: Place, server: Server) -> None:
    (anna,) = here.meet(ANNA)
    here.intend(mail("m", anna, purpose="transactional"))
    here.sender.decide()
    now = here.stores.now()
    with here.database.write() as connection:
        sending_queries.claim(
            connection, kind="email", via=["", "mail"], owner="dead", now=now, until=now + MINUTE, limit=9
        )
    here.go()
    assert server.taken == []
    here.world.tick(61)
    here.go()
    assert len(server.taken) == 1


def test_a_sender_that_was_only_slow_does_not_send_what_another_took_over(here: Place) -> None:
    (anna,) = here.meet(ANNA)
    here.intend(mail("m", anna, purpose="transactional"))
    here.sender.decide()
    now = here.stores.now()
    with here.database.write() as connection:
        (row,) = sending_queries.claim(
            connection, kind="email", via=[""], owner="slow", now=now, until=now + MINUTE, limit=9
        )
        later = now + 2 * MINUTE
        assert sending_queries.claim(
            connection, kind="email", via=[""], owner="other", now=later, until=later + MINUTE, limit=9
        )
        assert not sending_queries.begin(
            connection, [(row.id, "a@b.nl")], owner="slow", now=later, until=later + MINUTE
        )
        assert sending_queries.begin(
            connection, [(row.id, "a@b.nl")], owner="other", now=later, until=later + MINUTE
        )


def test_a_decision_is_not_believed_for_ever(here: Place) -> None:
    (anna,) = here.meet(ANNA)
    here.intend(mail("m", anna))
    here.sender.decide()
    assert here.states("m") == ["reserved"]
    here.world.tick(13 * HOUR // SECOND)
    here.sender.send()
    assert here.kept() == []
    here.go()
    assert (here.row("m").state, here.row("m").reason) == ("held", "quiet_hours")


def test_two_senders_at_once_send_everything_once(here: Place, server: Server) -> None:
    subjects = here.meet(*EVERYBODY)
    keys = [f"{subject}:{number}" for subject in subjects for number in range(40)]
    here.intend(*(mail(key, int(key.partition(":")[0]), purpose="transactional") for key in keys))
    senders = [here.another_sender() for _ in range(2)]

    def work(sender: Sender) -> None:
        while sender.decide() + sender.send():
            pass

    threads = [threading.Thread(target=work, args=(sender,)) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for sender in senders:
        with here.database.read() as connection:
            for opened in sender._contact.book.all(connection):
                assert opened.channel is not None
                opened.channel.close()
    assert len(server.taken) == len(keys) == len({mail_.parsed["Message-ID"] for mail_ in server.taken})
    assert set(here.states(*keys)) == {"sent"}
    assert len(here.facts("Message Sent")) == len(keys)


class _Recording:
    """A channel that says yes, or breaks, and writes down what it got."""

    def __init__(self, kind: str, broken: Callable[[], Sent | None] = lambda: None) -> None:
        self.kind = kind
        self.got: list[str] = []
        self._broken = broken

    def address(self, person: Person, profile: Profile) -> str | None:
        return f"{self.kind}:{person.number}"

    def send(self, outgoing: Sequence[Outgoing]) -> Sequence[Sent]:
        answers = [self._broken() or Sent(outcome="sent") for _ in outgoing]
        self.got += [one.key for one, sent in zip(outgoing, answers, strict=True) if sent.outcome == "sent"]
        return answers

    def close(self) -> None:
        """Nothing is open."""


def with_channels(here: Place, *channels: Channel, **setups: ChannelSetup) -> None:
    """Let the sender send over these channels."""
    by_kind = {channel.kind: channel for channel in channels}
    for kind in by_kind:
        drivers = {"email": "outbox", "inbox": "inbox", "call": "list"}
        here.channel(setups.get(kind, ChannelSetup(name=kind, kind=kind, driver=drivers[kind])))
    around = Surroundings(
        database=here.database, now=here.stores.now, organisation="K", address="", zone="UTC", region="NL"
    )
    here.sender._contact.book = ChannelBook(
        around, lambda setup, secrets: by_kind.get(setup.kind) or open_channel(setup, secrets, around)
    )
    here.sender._contact.reader._book = here.sender._contact.book


def test_a_channel_that_breaks_leaves_its_messages_uncertain_and_the_others_alone(embedded: Place) -> None:
    def breaks() -> Sent:
        raise RuntimeError("a fault in the channel")

    broken, fine = _Recording("call", breaks), _Recording("inbox")
    with_channels(embedded, broken, fine)
    (anna,) = embedded.meet(ANNA)
    embedded.intend(
        mail("a", anna, purpose="transactional", channel="call"),
        mail("b", anna, purpose="transactional", channel="inbox"),
    )
    embedded.go()
    assert embedded.states("a", "b") == ["uncertain", "sent"]
    assert fine.got == ["b"]


def test_a_message_that_cannot_be_made_fails_alone(embedded: Place) -> None:
    anna, bram = embedded.meet(ANNA, BRAM)
    embedded.intend(
        mail("broken", anna, purpose="transactional", parts=None, message="no-such-message"),
        mail("fine", bram, purpose="transactional"),
    )
    embedded.go()
    assert embedded.states("broken", "fine") == ["failed", "sent"]
    assert embedded.row("broken").reason == "not_rendered"
    (told,) = embedded.facts("Message Failed")
    assert (told["key"], told["code"]) == ("broken", "not_found")


def test_a_channel_with_a_rate_keeps_to_it(embedded: Place) -> None:
    channel = _Recording("inbox")
    setup = ChannelSetup(name="inbox", kind="inbox", driver="inbox", per_second=20)
    with_channels(embedded, channel, inbox=setup)
    clock_s = [embedded.stores.now() / SECOND]
    waited: list[float] = []

    def pause(seconds: float) -> bool:
        waited.append(seconds)
        clock_s[0] += seconds
        return False

    (anna,) = embedded.meet(ANNA)
    keys = [f"{number}" for number in range(80)]
    embedded.intend(*(mail(key, anna, purpose="transactional", channel="inbox") for key in keys))
    embedded.sender.decide()
    lane = embedded.sender._lane("inbox")
    lane._pause, lane._now = pause, lambda: round(clock_s[0] * SECOND)
    while embedded.sender.send():
        pass
    assert len(channel.got) == 80
    # 20 a second: all but the first group have to wait for their turn.
    assert sum(waited) == pytest.approx((80 - AT_ONCE) / 20, abs=0.01)


def test_what_was_claimed_when_it_is_time_to_stop_goes_back(embedded: Place) -> None:
    channel = _Recording("inbox")
    with_channels(embedded, channel)
    (anna,) = embedded.meet(ANNA)
    embedded.intend(*(mail(f"{n}", anna, purpose="transactional", channel="inbox") for n in range(5)))
    embedded.sender.decide()
    embedded.sender._stop.set()
    embedded.sender.send()
    assert channel.got == []
    assert set(embedded.states(*"01234")) == {"waiting"}
    embedded.sender._stop.clear()
    embedded.go()
    assert sorted(channel.got) == list("01234")


def test_a_mail_server_that_swallows_everything_delays_no_other_channel(embedded: Place) -> None:
    """The mail server takes connections and never says a word; the inbox gets its messages meanwhile."""
    inbox = _Recording("inbox")
    with socket.create_server(("127.0.0.1", 0), backlog=64) as hole:
        mails = smtp(hole.getsockname()[1], timeout_s=300, connections=1)
        with_channels(embedded, inbox)
        embedded.channel(mails)
        subjects = embedded.meet(*EVERYBODY)
        embedded.intend(*(mail(f"e{one}", one, purpose="transactional") for one in subjects))
        stop = threading.Event()
        thread = threading.Thread(target=embedded.sender.run, args=(stop,))
        thread.start()
        _until(lambda: set(embedded.states(*(f"e{one}" for one in subjects))) == {"sending"})
        embedded.intend(*(mail(f"i{one}", one, purpose="transactional", channel="inbox") for one in subjects))
        _until(lambda: len(inbox.got) == len(subjects))
        assert set(embedded.states(*(f"e{one}" for one in subjects))) == {"sending"}
        stop.set()
        # Closed, it breaks the connection that it never answered.
        hole.close()
        thread.join()
    assert set(embedded.states(*(f"i{one}" for one in subjects))) == {"sent"}
    assert set(embedded.states(*(f"e{one}" for one in subjects))) == {"waiting"}


def test_a_dead_mail_server_is_given_time_and_loses_nothing(embedded: Place) -> None:
    embedded.channel(smtp(free_port()))
    subjects = embedded.meet(*EVERYBODY)
    keys = [f"{one}" for one in subjects]
    embedded.intend(*(mail(f"{one}", one, purpose="transactional") for one in subjects))
    embedded.go()
    assert set(embedded.states(*keys)) == {"waiting"}
    assert embedded.sender._lane("mail").is_resting()
    embedded.world.tick(40)
    with mail_server() as server:
        embedded.channel(smtp(server.port))
        embedded.go()
        assert set(embedded.states(*keys)) == {"sent"}
        assert len(server.taken) == len(keys)
        close_channels(embedded)


def test_a_channel_whose_setup_changed_is_opened_again(embedded: Place) -> None:
    with embedded.database.read() as connection:
        first = embedded.contact.book.all(connection)
        again = embedded.contact.book.all(connection)
    assert [one is other for one, other in zip(first, again, strict=True)] == [True] * len(first)
    embedded.channel(ChannelSetup(name="post", kind="email", driver="outbox", per_second=3))
    with embedded.database.read() as connection:
        after: list[Opened] = embedded.contact.book.all(connection)
    assert next(one for one in after if one.setup.name == "post").setup.per_second == 3
    assert all(one.setup.name != "outbox" for one in after)
    assert msgspec.structs.asdict(after[0].setup)["enabled"] is True


def _until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)
