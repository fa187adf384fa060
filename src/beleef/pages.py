"""Puts the staff's pages together: the desk that receives those who ask, and the routes of every slice's pages."""

from litestar.types import ControllerRouterHandler

from beleef import operation
from beleef.access import pages as access_pages
from beleef.access.desk import Desk
from beleef.access.desk import House as AccessHouse
from beleef.access.door import Door
from beleef.app import Stores
from beleef.collect import api as collect
from beleef.collect import pages as collect_pages
from beleef.collect.http import Collecting
from beleef.console import pages as console_pages
from beleef.console.api import navigation
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


def staff_pages(stores: Stores, desk: Desk, collecting: Collecting) -> list[ControllerRouterHandler]:
    """Return the routes of all pages."""
    own = collect.OwnFacts(collecting.intake, stores.database, stores.now)
    house = console_pages.House(
        status=lambda: operation.status(stores),
        open_quarantined=lambda: _open_quarantined(stores),
        sources=lambda: _sources(stores),
        warehouse=stores.warehouse,
        zone=stores.settings.timezone,
        lag_limit_s=stores.settings.lag_limit_s,
    )
    return [
        *console_pages.routes(desk, house, FILES),
        *access_pages.routes(desk, stores.database, stores.now),
        *collect_pages.routes(desk, collecting, own),
    ]


def _open_quarantined(stores: Stores) -> int:
    with stores.database.read() as connection:
        return sum(collect.count_quarantined(connection).values())


def _sources(stores: Stores) -> dict[str, int]:
    with stores.database.read() as connection:
        return {source.name: source.id for source in collect.sources(connection)}
