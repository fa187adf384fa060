"""The worker's side of a warehouse, as the tests of filing use it."""

from pathlib import Path

from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY
from beleef.store.records.database import Database
from beleef.store.warehouse import queries
from beleef.store.warehouse.columns import to_arrow
from beleef.store.warehouse.engine import Warehouse
from beleef.store.warehouse.erasing import Eraser
from beleef.store.warehouse.filing import Filer
from beleef.store.warehouse.lake import Lake
from beleef.store.warehouse.model import FilingRules
from beleef.store.warehouse.tail import Tail
from tests.conftest import NOW
from tests.store.shop import START


class Worker:
    """The worker's side of a warehouse, with a clock that the test sets."""

    def __init__(self, database: Database, folder: Path, rules: FilingRules) -> None:
        self.database, self.folder, self.now, self.last = database, folder, NOW, 0
        self.lake = Lake(str(folder))
        self.tail = Tail(lambda: self.now)
        self.filer = Filer(database, self.lake, rules=rules, now=lambda: self.now)
        self.eraser = Eraser(database, self.lake, now=lambda: self.now)
        self.warehouse = Warehouse(database, lake=str(folder))

    def add(self, facts: int, *, months: int = 1) -> None:
        """Add facts over some months, about seven persons in turn."""
        numbers = range(self.last + 1, self.last + facts + 1)
        made = [
            Fact(
                id=number,
                message_id=f"m{number}",
                type="track",
                source="site",
                channel="web",
                occurred_at=START + number % months * 31 * DAY,
                received_at=NOW,
            )
            for number in numbers
        ]
        with self.database.write() as connection:
            self.tail.add(connection, to_arrow(made, [number % 7 for number in numbers]))
        self.last += facts

    def seen(self) -> list[int]:
        """Return the numbers of all facts that a reader sees now, sorted."""
        return sorted(fact.id for _, fact in Warehouse(self.database, lake=str(self.folder)).scan())

    def on_disk(self) -> set[str]:
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*.parquet")}

    def in_use(self) -> set[str]:
        with self.database.read() as connection:
            return {file.path for file in queries.files(connection)}

    def everything(self) -> list[int]:
        return list(range(1, self.last + 1))
