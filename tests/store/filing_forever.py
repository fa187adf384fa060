"""A worker that adds and files facts as fast as it can until it is killed: ``python filing_forever.py FOLDER``."""

import sys
from pathlib import Path

from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY
from beleef.store.records.database import Database
from beleef.store.warehouse.columns import to_arrow
from beleef.store.warehouse.filing import Filer
from beleef.store.warehouse.lake import Lake
from beleef.store.warehouse.model import FilingRules
from beleef.store.warehouse.tail import Tail

RULES = FilingRules(rows=300, age_s=0, least_rows=1, patience_s=0, files_per_month=2, settle_s=0, grace_s=0)


def main(folder: Path, first: int) -> None:
    """Add facts numbered from ``first`` on, 100 at a time, over three months; say each time what was committed."""
    database = Database(f"sqlite:///{folder}/records.db", durable=False)
    tail, filer = Tail(), Filer(database, Lake(str(folder / "lake")), rules=RULES)
    while True:
        facts = [
            Fact(
                id=number,
                message_id=str(number),
                type="track",
                source="site",
                channel="web",
                occurred_at=1_735_689_600_000_000 + number % 90 * DAY,
                received_at=1_767_225_600_000_000,
            )
            for number in range(first, first + 100)
        ]
        with database.write() as connection:
            tail.add(connection, to_arrow(facts, [number % 17 for number in range(100)]))
        first += 100
        print(first - 1, flush=True)
        filer.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
