"""The composition root: opens the stores, puts the slices together, and hands each what it needs. Nothing else builds anything."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa

from beleef.access import api as access
from beleef.audiences.answers import Answers
from beleef.audiences.api import Audiences, Recount
from beleef.audiences.handing_over.people import Reader
from beleef.audiences.handing_over.sending import HandingOver
from beleef.audiences.handing_over.work import Hander, HandingOverStep
from beleef.campaigns.api import Campaigns
from beleef.collect import api as collect
from beleef.contact import api as contact
from beleef.content.api import Content
from beleef.facts.fact import Batch, Fact
from beleef.feedback.api import Feedback, SurveyLinks, uploads_of
from beleef.identity import api as identity
from beleef.identity.api import IdentityStep
from beleef.kernel import clock
from beleef.kernel.clock import Clock
from beleef.kernel.errors import Unavailable
from beleef.profiles.api import Profiles
from beleef.profiles.people import People
from beleef.settings import Settings
from beleef.store.files import Files
from beleef.store.log.port import Log
from beleef.store.records.database import Database
from beleef.store.records.lease import Lease
from beleef.store.records.migrate import migrate
from beleef.store.warehouse.engine import Warehouse
from beleef.support.api import CaseLinks, Support
from beleef.worker import Effect, Step, Worker, calm_garbage_collection, every, while_busy

if TYPE_CHECKING:
    import pyarrow as pa

    from beleef.contact.work import Rendering, Sender
    from beleef.feedback.work import FeedbackStep
    from beleef.profiles.work import ProfilesStep
    from beleef.support.work import Fetching, SupportStep


_DUTCH = {"NL", "BE", "SR"}
"""Countries where an organisation's own language is taken to be Dutch."""
_FILED_AT_ONCE = 100_000
"""Facts in one filing: twice as many would be filed a little faster, and take 150 MiB more while it lasts."""


class Stores:
    """The open stores of one process.

    Args:
        settings: Where they are.
        durable: False for the worker's own connection: see ``store.records.database.Database``.
        now: The clock.
    """

    def __init__(self, settings: Settings, *, durable: bool = True, now: Clock = clock.now) -> None:
        self.settings = settings
        self.now = now
        settings.data.mkdir(parents=True, exist_ok=True)
        self.database = Database(settings.database, durable=durable)
        self.log = open_log(settings.log)
        self.warehouse = Warehouse(
            self.database,
            lake=settings.lake,
            engine=settings.engine,
            people=PeopleMap(self.database),
            memory_mb=settings.warehouse_memory_mib,
        )

    def installation(self) -> access.Installation:
        """Return the installation.

        Raises:
            NotFound: nothing was set up here.
        """
        with self.database.read() as connection:
            return access.installation(connection)

    def close(self) -> None:
        """Let go of everything."""
        self.warehouse.close()
        self.log.close()
        self.database.close()


def open_log(address: str) -> Log:
    """Return the log at an address: a database, or NATS JetStream."""
    if address.startswith("nats://"):
        from beleef.store.log.jetstream import JetStreamLog  # noqa: PLC0415 -- an extra, loaded where it is used

        return JetStreamLog(address)
    from beleef.store.log.table import TableLog  # noqa: PLC0415

    return TableLog(address)


def set_up(stores: Stores, *, simulated: bool = False) -> access.Installation:
    """Bring the database to the present schema and make what every installation has; may be repeated."""
    from beleef.feedback.respondent import prepare as prepare_invitations  # noqa: PLC0415 -- pages come with it

    migrate(stores.database)
    with stores.database.write() as connection:
        made = access.ensure_installation(connection, now=stores.now(), simulated=simulated)
        collect.ensure_own_source(connection, stores.now())
        identity.prepare(connection)
        content = build_content(stores)
        content.prepare(connection)
        prepare_invitations(content, connection)
    return made


def build_worker(stores: Stores) -> Worker:
    """Return a worker with all slices' steps and chores."""
    # These load Arrow and more, which a web process does without.
    from beleef.audiences.work import AudiencesStep, Fill, Keeper, Timers  # noqa: PLC0415
    from beleef.campaigns.work import CampaignsStep, chore  # noqa: PLC0415
    from beleef.contact.work import ContactStep  # noqa: PLC0415
    from beleef.feedback.voices.work import Rereading, VoicesStep  # noqa: PLC0415
    from beleef.feedback.work import chore as feedback_chore  # noqa: PLC0415
    from beleef.profiles.filling import Filling  # noqa: PLC0415
    from beleef.profiles.work import ProfilesStep  # noqa: PLC0415
    from beleef.store.warehouse.columns import use_plain_memory  # noqa: PLC0415
    from beleef.store.warehouse.filing import Filer  # noqa: PLC0415
    from beleef.store.warehouse.lake import Lake  # noqa: PLC0415
    from beleef.store.warehouse.model import FilingRules  # noqa: PLC0415
    from beleef.store.warehouse.work import TailStep  # noqa: PLC0415
    from beleef.support.knowledge import KnowledgeStep  # noqa: PLC0415
    from beleef.support.work import chore as support_chore  # noqa: PLC0415

    use_plain_memory()
    settings, installation = stores.settings, stores.installation()
    profiles = ProfilesStep(zone=settings.timezone)
    filling = Filling(stores.database, profiles, stores.warehouse.scan)
    keeper = Keeper(profiles=build_profiles(stores), zone=settings.timezone)
    rules = FilingRules(rows=_FILED_AT_ONCE, age_s=settings.file_after_s)
    filer = Filer(stores.database, Lake(settings.lake), rules=rules, now=stores.now)
    campaigns = CampaignsStep(build_campaigns(stores))
    support = build_support_step(stores)
    feedback = build_feedback_step(stores)
    steps: tuple[Step, ...] = (
        _IdentityStep(installation.key, settings.region),
        _ProfilesStep(profiles),
        AudiencesStep(keeper),
        HandingOverStep(),
        ContactStep(installation.key),
        campaigns,
        feedback,
        VoicesStep(),
        support,
        KnowledgeStep(),
        TailStep(stores.now),
    )
    chores: tuple[Callable[[], bool], ...] = (
        collect.Outbox(stores.database, stores.log, stores.now).post,
        every(1, stores.now, lambda: bool(filer.run())),
        NamespaceFilling(stores, steps[1:]).run,
        while_busy(1, stores.now, filling),
        while_busy(1, stores.now, Timers(stores.database, keeper, stores.now)),
        while_busy(1, stores.now, Fill(stores.database, keeper, stores.now)),
        while_busy(
            1, stores.now, chore(campaigns, stores.database, lambda: _worked_until(stores), stores.now)
        ),
        while_busy(
            1,
            stores.now,
            feedback_chore(feedback, stores.database, lambda: _worked_until(stores), stores.now),
        ),
        while_busy(1, stores.now, Rereading(stores.database)),
        while_busy(
            1, stores.now, support_chore(support, stores.database, lambda: _worked_until(stores), stores.now)
        ),
        every(3_600, stores.now, lambda: _prune(stores, worker.forget)),
        every(20, clock.now, calm_garbage_collection()),
    )
    worker = Worker(
        database=stores.database,
        log=stores.log,
        lease=Lease(stores.database, "worker", settings.data),
        steps=steps,
        chores=chores,
        now=stores.now,
        batch_messages=settings.batch_messages,
    )
    return worker


def build_profiles(stores: Stores) -> Profiles:
    """Return the reader of profiles."""
    return Profiles(zone=stores.settings.timezone)


def build_handing_over(stores: Stores) -> HandingOver:
    """Return what hands audiences over to other systems."""
    return HandingOver(
        database=stores.database,
        reader=Reader(build_profiles(stores)),
        files=Files(stores.settings.exports),
        now=stores.now,
    )


def build_hander(stores: Stores) -> Hander:
    """Return the loop that hands audiences over, one process at a time."""
    lease = Lease(stores.database, "handing-over", stores.settings.data)
    return Hander(build_handing_over(stores), lease)


def build_audiences(stores: Stores) -> Audiences:
    """Return the keeper of audiences."""
    return Audiences(profiles=build_profiles(stores), zone=stores.settings.timezone)


def build_recount(stores: Stores) -> Recount:
    """Return what asks the warehouse for rules."""
    return Recount(
        database=stores.database,
        warehouse=stores.warehouse,
        profiles=build_profiles(stores),
        matching=build_audiences(stores).matching,
        zone=stores.settings.timezone,
        now=stores.now,
    )


def build_content(stores: Stores) -> Content:
    """Return the library of messages."""
    settings = stores.settings
    language = "nl" if settings.region in _DUTCH else "en"
    return Content(
        organisation=settings.name,
        language=language,
        zone=settings.timezone,
        now=stores.now,
        address=settings.address,
    )


def build_contact(stores: Stores) -> contact.Contact:
    """Return the contact gate."""
    settings = stores.settings
    around = contact.Surroundings(
        database=stores.database,
        now=stores.now,
        organisation=settings.name,
        address=settings.address,
        zone=settings.timezone,
        region=settings.region,
    )
    return contact.Contact(
        profiles=build_profiles(stores),
        key=stores.installation().key,
        zone=settings.timezone,
        book=contact.ChannelBook(around),
    )


def build_links(stores: Stores) -> contact.Links:
    """Return what signs the addresses in messages."""
    return contact.Links(stores.installation().key, stores.settings.address)


def build_rendering(stores: Stores) -> "Rendering":
    """Return what makes messages for the wire."""
    from beleef.contact.work import Rendering  # noqa: PLC0415 -- most processes do without it

    files = Files(stores.settings.attachments)
    return Rendering(build_content(stores), build_profiles(stores), build_links(stores), files)


def build_sender(stores: Stores, *, lease_s: float | None = None) -> "Sender":
    """Return a sender.

    Args:
        stores: The open stores, durable: what is about to go on the wire must be on disk before.
        lease_s: For how long a message is believed to be in a sender's hands; None for the usual time.
    """
    from beleef.contact.work import LEASE_S, Sender  # noqa: PLC0415 -- only the sender needs it

    return Sender(
        database=stores.database,
        contact=build_contact(stores),
        rendering=build_rendering(stores),
        now=stores.now,
        lease_s=LEASE_S if lease_s is None else lease_s,
    )


def build_campaigns(stores: Stores) -> Campaigns:
    """Return the keeper of campaigns."""
    return Campaigns(
        audiences=build_audiences(stores),
        contact=build_contact(stores),
        content=build_content(stores),
        profiles=build_profiles(stores),
        zone=stores.settings.timezone,
    )


def build_trait_users(stores: Stores) -> Callable[[sa.Connection, str], list[str]]:
    """Return what tells in words who asks for a computed trait: audiences, kept rules, campaigns, messages."""
    audiences, campaigns = build_audiences(stores), build_campaigns(stores)

    def users(connection: sa.Connection, trait: str) -> list[str]:
        asking = [
            *(one for one in audiences.users_of_computed(connection, trait) if one[0] != "campaign"),
            *campaigns.users_of_computed(connection, trait),
            *campaigns.content.users_of_computed(connection, trait),
        ]
        return [f"the {kind} “{label}”" for kind, label in asking]

    return users


def build_survey_links(stores: Stores) -> SurveyLinks:
    """Return what signs the addresses of surveys."""
    return SurveyLinks(stores.installation().key, stores.settings.address)


def build_feedback(stores: Stores) -> Feedback:
    """Return the keeper of surveys and their answers."""
    support = build_support(stores)

    def departments(connection: sa.Connection) -> Callable[[str], str]:
        rules = support.rules(connection).rules

        def name(touchpoint: str) -> str:
            department = rules.department_of(touchpoint)
            return "" if department is None else department.name

        return name

    return Feedback(
        audiences=build_audiences(stores),
        contact=build_contact(stores),
        profiles=build_profiles(stores),
        departments=departments,
        key=stores.installation().key,
    )


def build_feedback_step(stores: Stores) -> "FeedbackStep":
    """Return feedback's step of the worker."""
    from beleef.feedback.work import FeedbackStep  # noqa: PLC0415 -- only the worker needs it

    return FeedbackStep(
        audiences=build_audiences(stores),
        contact=build_contact(stores),
        profiles=build_profiles(stores),
        links=build_survey_links(stores),
        key=stores.installation().key,
        zone=stores.settings.timezone,
    )


def build_case_links(stores: Stores) -> CaseLinks:
    """Return what signs the addresses of cases."""
    return CaseLinks(stores.installation().key, stores.settings.address)


def build_support(stores: Stores) -> Support:
    """Return the keeper of cases."""
    return Support(
        files=Files(stores.settings.attachments),
        links=build_case_links(stores),
        zone=stores.settings.timezone,
    )


def build_support_step(stores: Stores) -> "SupportStep":
    """Return support's step of the worker."""
    from beleef.support.work import Desk, SupportStep  # noqa: PLC0415 -- only the worker needs it

    desk = Desk(
        links=build_case_links(stores),
        language="nl" if stores.settings.region in _DUTCH else "en",
        zone=stores.settings.timezone,
    )
    return SupportStep(build_contact(stores), desk, stores.settings.timezone)


def build_fetching(stores: Stores) -> "Fetching":
    """Return the loop that fetches mail of customers, one process at a time."""
    from beleef.support.work import Fetching  # noqa: PLC0415 -- only the sender needs it

    return Fetching(
        database=stores.database,
        files=Files(stores.settings.attachments),
        links=build_case_links(stores),
        lease=Lease(stores.database, "mail-intake", stores.settings.data),
        now=stores.now,
    )


def build_people(stores: Stores) -> People:
    """Return the reader of customers."""
    survey_files = partial(uploads_of, Files(stores.settings.exports))
    case_files = build_support(stores).files
    return People(
        database=stores.database,
        warehouse=stores.warehouse,
        profiles=build_profiles(stores),
        key=stores.installation().key,
        region=stores.settings.region,
        uploads=lambda fact: chain(survey_files(fact), case_files.exported(fact)),
        now=stores.now,
    )


def build_answers(stores: Stores) -> Answers:
    """Return what answers programs and commands about audiences."""
    return Answers(
        database=stores.database,
        audiences=build_audiences(stores),
        recount=build_recount(stores),
        find=build_people(stores).find,
        zone=stores.settings.timezone,
        now=stores.now,
    )


class PeopleMap:
    """Which subjects are one person, for the warehouse."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def version(self) -> int:
        """Return a number that changes with every change of the map."""
        with self._database.read() as connection:
            return collect.progress(connection).moved

    def table(self) -> "pa.Table":
        """Return the map as an Arrow table with the columns ``subject`` and ``person``."""
        from beleef.store.warehouse.people import people_table  # noqa: PLC0415 -- loads Arrow

        with self._database.read() as connection:
            return people_table(identity.merged_subjects(connection))


class _IdentityStep:
    def __init__(self, key: bytes, region: str) -> None:
        self._step = IdentityStep(key, default_region=region)

    def __call__(self, batch: Batch, connection: sa.Connection) -> Effect:
        changes = self._step(batch, connection)
        batch.moved, batch.moved_from = changes.moved, changes.moved_from
        known = 0 if changes.recounted is None else collect.progress(connection).people
        return Effect(
            erased=frozenset(changes.erased),
            unusable=tuple(changes.quarantined),
            people=changes.persons_more(known),
            moved=len(changes.moved),
        )

    def forget(self) -> None:
        self._step.forget_cache()


class _ProfilesStep:
    def __init__(self, step: "ProfilesStep") -> None:
        self._step = step

    def __call__(self, batch: Batch, connection: sa.Connection) -> None:
        self._step(batch, connection)

    def forget(self) -> None:
        self._step.forget()


class NamespaceFilling:
    """Looks through past facts for namespaces that came later, a little between batches. It begins again where it was cut off.

    Args:
        stores: The stores.
        later: The steps after identity, which are told whose person changed.
    """

    def __init__(self, stores: Stores, later: Sequence[Step]) -> None:
        self._stores = stores
        self._later = later
        self._waiting: dict[str, int] = {}
        self._chunks: Iterator[list[tuple[int, Fact]]] | None = None

    def run(self) -> bool:
        """Look through some facts; return whether there was something to do."""
        stores = self._stores
        with stores.database.read() as connection:
            waiting = identity.unfilled(connection)
            names = [one for one in identity.namespaces(connection) if one.name in waiting]
        if not waiting:
            return False
        if self._chunks is None or waiting != self._waiting:
            self._waiting = waiting
            self._chunks = identity.carrying(stores.warehouse.scan(), names)
        try:
            chunk = next(self._chunks, None)
        except Unavailable:
            # The lake was compacted meanwhile: what was looked through already adds nothing new.
            self._chunks = None
            return True
        if chunk is None:
            with stores.database.write() as connection:
                identity.note_filled(connection, waiting)
            self._chunks = None
        elif chunk:
            self._take_in(chunk)
        return True

    def _take_in(self, facts: list[tuple[int, Fact]]) -> None:
        stores = self._stores
        key, region = stores.installation().key, stores.settings.region
        with stores.database.write() as connection:
            before = collect.hold_progress(connection)
            changes = identity.take_in_again(connection, key, facts, default_region=region)
            batch = Batch(facts=[], now=stores.now(), moved=changes.moved, moved_from=changes.moved_from)
            for step in self._later:
                step(batch, connection)
            after = msgspec.structs.replace(
                before,
                people=before.people + changes.persons_more(before.people),
                moved=before.moved + len(changes.moved),
            )
            collect.move_progress(connection, before, after)


def _worked_until(stores: Stores) -> int:
    """Return up to which moment all facts that came in have been worked on."""
    with stores.database.read() as connection:
        position = collect.progress(connection).position
    _, waits_since = stores.log.waiting(after=position)
    return stores.now() if waits_since is None else waits_since - 1


def _prune(stores: Stores, forget: Callable[[], None]) -> bool:
    """Forget what the settings say is old: request bodies, the memory of message ids, the gate's decisions.

    Args:
        stores: The stores.
        forget: Lets the worker read anew what it remembers.
    """
    settings, now = stores.settings, stores.now()
    pruned = 0
    if settings.log_keep_days:
        with stores.database.read() as connection:
            worked = collect.progress(connection).position
        pruned += stores.log.prune(
            before=min(worked, stores.log.position_at(now - settings.log_keep_days * clock.DAY))
        )
    if settings.repeats_keep_days:
        oldest = stores.log.position_at(now - settings.repeats_keep_days * clock.DAY)
        with stores.database.write() as connection:
            forgotten = collect.prune_repeats(connection, before=oldest)
        if forgotten:
            forget()
        pruned += forgotten
    if settings.decisions_keep_days:
        pruned += _prune_decisions(stores, before=now - settings.decisions_keep_days * clock.DAY)
    return bool(pruned)


def _prune_decisions(stores: Stores, *, before: int) -> int:
    kept, pruned = build_contact(stores), 0
    while True:
        # One transaction for some at a time, so that a web process never waits long to write.
        with stores.database.write() as connection:
            gone = kept.prune_decisions(connection, before=before)
        if not gone:
            return pruned
        pruned += gone
