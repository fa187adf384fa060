"""Puts the staff's pages together: the desk that receives those who ask, and the routes of every slice's pages."""

from typing import Any

from litestar import Router
from litestar.handlers import HTTPRouteHandler

from beleef import operation
from beleef.access import api as access
from beleef.access import pages as access_pages
from beleef.access.desk import Desk
from beleef.access.desk import House as AccessHouse
from beleef.access.door import Door
from beleef.app import Stores, build_people, build_profiles
from beleef.collect import api as collect
from beleef.collect import pages as collect_pages
from beleef.collect.http import Collecting
from beleef.console import pages as console_pages
from beleef.console.api import navigation
from beleef.erasure import erase_person
from beleef.identity import pages as identity_pages
from beleef.profiles import customers as customers_
from beleef.profiles import pages as profiles_pages
from beleef.profiles.people import Erase, People
from beleef.profiles.records import cards
from beleef.ui import static
from beleef.ui.page import Renderer

FILES = static.load()
"""Read once: they are part of the program and change with it only."""


def open_desk(stores: Stores, door: Door) -> Desk:
    """Return the desk, with the templates of every slice that has pages."""
    installation = stores.installation()
    folders = {
        "access": access_pages.TEMPLATES,
        "collect": collect_pages.TEMPLATES,
        "console": console_pages.TEMPLATES,
        "identity": identity_pages.TEMPLATES,
        "profiles": profiles_pages.TEMPLATES,
    }
    return Desk(
        door=door,
        renderer=Renderer(static=FILES, templates=folders, zone=stores.settings.timezone),
        navigation=navigation(lambda: _open_quarantined(stores)),
        house=AccessHouse(
            name=stores.settings.name,
            key=installation.key,
            simulated=installation.simulated,
            secure=stores.settings.secure_cookies,
        ),
        now=stores.now,
    )


def staff_pages(stores: Stores, desk: Desk, collecting: Collecting) -> Router:
    """Return the routes of all pages.

    They must be one router: Litestar wraps a handler once for each registration of its path, and one that was wrapped
    twice for its thread answers nothing (GET and POST of the same form would be registered one after the other).
    """
    own = collect.OwnFacts(collecting.intake, stores.database, stores.now)
    house = console_pages.House(
        status=lambda: operation.status(stores),
        open_quarantined=lambda: _open_quarantined(stores),
        sources=lambda: _sources(stores),
        warehouse=stores.warehouse,
        zone=stores.settings.timezone,
        lag_limit_s=stores.settings.lag_limit_s,
    )
    handlers = [
        *console_pages.routes(desk, house, FILES),
        *access_pages.routes(desk, stores.database, stores.now),
        *collect_pages.routes(desk, collecting, own),
        *_customer_pages(stores, desk, own),
    ]
    return Router(path="/", route_handlers=handlers, include_in_schema=False)


def eraser(stores: Stores, people: People) -> Erase:
    """Return what erases a person everywhere."""

    def erase(who: str, *, actor: access.Actor) -> int:
        return erase_person(stores, people, who, actor=actor).facts

    return erase


def _customer_pages(stores: Stores, desk: Desk, own: collect.OwnFacts) -> list[HTTPRouteHandler]:
    key = stores.installation().key
    people = build_people(stores)
    customers = customers_.Customers(
        database=stores.database,
        warehouse=stores.warehouse,
        profiles=build_profiles(stores),
        key=key,
        now=stores.now,
    )

    def record(actor: access.Actor, action: str, subject: str, detail: dict[str, Any]) -> None:
        with stores.database.write() as connection:
            access.record(connection, actor, action, subject, now=stores.now(), **detail)

    return [
        *identity_pages.routes(
            identity_pages.IdentityRoom(
                desk=desk,
                database=stores.database,
                own=own,
                record=record,
                cards=lambda subjects: cards(customers, subjects),
                key=key,
                region=stores.settings.region,
                now=stores.now,
            )
        ),
        *profiles_pages.routes(
            profiles_pages.CustomerRoom(
                desk=desk,
                customers=customers,
                people=people,
                own=own,
                record=record,
                erase=eraser(stores, people),
            )
        ),
    ]


def _open_quarantined(stores: Stores) -> int:
    with stores.database.read() as connection:
        return sum(collect.count_quarantined(connection).values())


def _sources(stores: Stores) -> dict[str, int]:
    with stores.database.read() as connection:
        return {source.name: source.id for source in collect.sources(connection)}
