"""JSON routes of campaigns, for programs: write, publish, pause, resume and stop them, let people enter, read results."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body, Parameter

from beleef.access.door import Door
from beleef.access.model import Actor, Role
from beleef.campaigns.api import Campaigns, InFlight, Results, StoredCampaign, Timers, to_data
from beleef.kernel import clock
from beleef.kernel.clock import Clock
from beleef.kernel.errors import InvalidInput
from beleef.store.records.database import Database

AnyRequest = Request[Any, Any, Any]
_MOST_AT_ONCE = 1_000


class CampaignView(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign.

    Attributes:
        definition: As it was last saved, in the words of its YAML file.
        state: ``draft``, ``active``, ``paused`` or ``stopped``.
        version: The version in force; 0 for none.
        is_changed: Whether what was saved differs from the version in force.
        active_from: Since when people may enter; null where it was never published.
        paused_at: Since when it is paused; null where it is not.
        updated_at: When it was last saved.
        active: How many are under way.
        entered: How many entered so far.
    """

    definition: dict[str, Any]
    state: str
    version: int
    is_changed: bool
    active_from: str | None
    paused_at: str | None
    updated_at: str
    active: int
    entered: int


class CampaignList(msgspec.Struct, frozen=True, kw_only=True):
    """All campaigns, by name."""

    campaigns: list[CampaignView]


class CampaignGone(msgspec.Struct, frozen=True, kw_only=True):
    """The campaign is removed."""

    success: bool = True


class Publishing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of people under way: they ``finish`` on their version, or ``move`` on in the new one."""

    in_flight: InFlight = "finish"


class Resuming(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether timers stood still during the pause (``shift``), or what fell due goes on at once (``catch_up``)."""

    timers: Timers = "shift"


class Entries(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """People who are to enter.

    Attributes:
        people: Each as ``namespace:value``, e.g. ``user_id:42``.
        request: What names this call: the same call again lets nobody in twice.
        key: What it is about, an order for instance.
        properties: What messages may use as ``fact``.
    """

    people: list[str]
    request: str
    key: str = ""
    properties: dict[str, Any] = {}


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """How many people entered; others were not allowed to, or had entered already."""

    entered: int


class CampaignParts(msgspec.Struct, kw_only=True):
    """What the routes work with.

    Attributes:
        campaigns: The campaigns.
        database: The records.
        find: Gives the number of the person that ``namespace:value`` names, or raises ``NotFound``.
        record: Keeps a line in the audit log, within a transaction: who, did what, to which campaign.
        now: The clock.
    """

    campaigns: Campaigns
    database: Database
    find: Callable[[str], int]
    record: Callable[[Any, Actor, str, str], None]
    now: Clock


def routes(parts: CampaignParts, door: Door) -> Router:
    """Return the routes below ``/v1``."""
    return Router(
        path="/v1",
        route_handlers=[
            *_reading(parts, door),
            *_writing(parts, door),
            *_running(parts, door),
            _entering(parts, door),
        ],
        tags=["Campaigns"],
    )


def _reading(parts: CampaignParts, door: Door) -> list[HTTPRouteHandler]:
    campaigns = parts.campaigns

    @get("/campaigns", sync_to_thread=True, summary="All campaigns")
    def campaign_list(request: AnyRequest) -> CampaignList:
        door(request, Role.reader)
        with parts.database.read() as connection:
            return CampaignList(campaigns=[_view(one) for one in campaigns.campaigns(connection)])

    @get("/campaigns/{name:str}", sync_to_thread=True, summary="One campaign")
    def one_campaign(request: AnyRequest, name: str) -> CampaignView:
        door(request, Role.reader)
        with parts.database.read() as connection:
            return _view(campaigns.campaign(connection, name))

    @get(
        "/campaigns/{name:str}/results",
        sync_to_thread=True,
        summary="What became of a campaign, with intervals",
    )
    def campaign_results(
        request: AnyRequest,
        name: str,
        version: Annotated[int | None, Parameter(ge=1, description="Of this version only.")] = None,
    ) -> Results:
        door(request, Role.reader)
        with parts.database.read() as connection:
            return campaigns.results(connection, name, version=version)

    return [campaign_list, one_campaign, campaign_results]


def _writing(parts: CampaignParts, door: Door) -> list[HTTPRouteHandler]:
    campaigns = parts.campaigns

    @put("/campaigns/{name:str}", sync_to_thread=True, summary="Save a campaign's draft")
    def save_campaign(
        request: AnyRequest, name: str, data: Annotated[dict[str, Any], Body()]
    ) -> CampaignView:
        actor = door(request, Role.editor)
        if data.get("name", name) != name:
            raise InvalidInput(
                "The name in the address is another than in the body.", hint="Give one of them."
            )
        with parts.database.write() as connection:
            campaigns.save(connection, {**data, "name": name}, parts.now())
            parts.record(connection, actor, "campaign.save", name)
            return _view(campaigns.campaign(connection, name))

    @delete(
        "/campaigns/{name:str}",
        sync_to_thread=True,
        status_code=200,
        summary="Remove a campaign that does not run",
    )
    def delete_campaign(request: AnyRequest, name: str) -> CampaignGone:
        actor = door(request, Role.editor)
        with parts.database.write() as connection:
            campaigns.delete(connection, name)
            parts.record(connection, actor, "campaign.delete", name)
        return CampaignGone()

    return [save_campaign, delete_campaign]


def _running(parts: CampaignParts, door: Door) -> list[HTTPRouteHandler]:
    campaigns = parts.campaigns

    @post(
        "/campaigns/{name:str}/publish",
        sync_to_thread=True,
        status_code=200,
        summary="Put the draft in force",
    )
    def publish_campaign(request: AnyRequest, name: str, data: Publishing | None = None) -> CampaignView:
        return _do(
            request,
            "publish",
            name,
            lambda connection: campaigns.publish(
                connection, name, parts.now(), in_flight=(data or Publishing()).in_flight
            ),
        )

    @post("/campaigns/{name:str}/pause", sync_to_thread=True, status_code=200, summary="Pause a campaign")
    def pause_campaign(request: AnyRequest, name: str) -> CampaignView:
        return _do(request, "pause", name, lambda connection: campaigns.pause(connection, name, parts.now()))

    @post(
        "/campaigns/{name:str}/resume",
        sync_to_thread=True,
        status_code=200,
        summary="Let a paused campaign go on",
    )
    def resume_campaign(request: AnyRequest, name: str, data: Resuming | None = None) -> CampaignView:
        return _do(
            request,
            "resume",
            name,
            lambda connection: campaigns.resume(
                connection, name, parts.now(), timers=(data or Resuming()).timers
            ),
        )

    @post(
        "/campaigns/{name:str}/stop", sync_to_thread=True, status_code=200, summary="Stop a campaign for good"
    )
    def stop_campaign(request: AnyRequest, name: str) -> CampaignView:
        return _do(request, "stop", name, lambda connection: campaigns.stop(connection, name, parts.now()))

    def _do(
        request: AnyRequest, what: str, name: str, change: Callable[[Any], StoredCampaign]
    ) -> CampaignView:
        actor = door(request, Role.editor)
        with parts.database.write() as connection:
            changed = change(connection)
            parts.record(connection, actor, f"campaign.{what}", name)
        return _view(changed)

    return [publish_campaign, pause_campaign, resume_campaign, stop_campaign]


def _entering(parts: CampaignParts, door: Door) -> HTTPRouteHandler:
    @post(
        "/campaigns/{name:str}/entries",
        sync_to_thread=True,
        status_code=200,
        summary="Let people enter a campaign",
    )
    def enter_campaign(request: AnyRequest, name: str, data: Entries) -> Entered:
        door(request, Role.editor)
        if not data.request.strip() or len(data.request) > 200:
            raise InvalidInput("The call has no name.", hint="Give `request`, at most 200 characters.")
        if len(data.people) > _MOST_AT_ONCE:
            raise InvalidInput(
                f"At most {_MOST_AT_ONCE} people enter at once.", hint="Send several requests."
            )
        persons = [parts.find(who) for who in data.people]
        with parts.database.write() as connection:
            entered = parts.campaigns.enter(
                connection,
                name,
                persons,
                parts.now(),
                request=data.request,
                key=data.key[:200],
                properties=data.properties,
            )
        return Entered(entered=entered)

    return enter_campaign


def _view(stored: StoredCampaign) -> CampaignView:
    return CampaignView(
        definition=to_data(stored.campaign),
        state=stored.state,
        version=stored.version,
        is_changed=stored.is_changed,
        active_from=_text(stored.active_from),
        paused_at=_text(stored.paused_at),
        updated_at=clock.to_text(stored.updated_at),
        active=stored.active,
        entered=stored.entered,
    )


def _text(moment: int | None) -> str | None:
    return None if moment is None else clock.to_text(moment)
