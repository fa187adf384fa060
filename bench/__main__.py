"""`python -m bench [rows…] [--quick]`: measures, prints the table, and, after a full run of all rows, writes it to `bench/results.md`."""

import argparse
import sys
import tempfile
import time
import traceback
from pathlib import Path

from bench.load.closed import load_generator
from bench.machine import describe
from bench.report import Done, to_markdown
from bench.rows import ROWS, row
from bench.run import Run
from bench.sizes import FULL, QUICK

_RESULTS = Path(__file__).with_name("results.md")


def main(arguments: list[str]) -> int:
    """Run rows and return the exit code: 1 when a row failed, 0 whatever the budgets say."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure Beleef's budgets, each beside a baseline of the same run.",
    )
    parser.add_argument("rows", nargs="*", help=f"which: {', '.join(ROWS)}; all of them by default")
    parser.add_argument("--quick", action="store_true", help="small sizes, about two minutes")
    parser.add_argument("--into", type=Path, help="also write the report to this file")
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.rows if name not in ROWS]:
        parser.error(f"there is no row {unknown[0]!r}; choose from {', '.join(ROWS)}")
    machine = describe(load=load_generator())
    with tempfile.TemporaryDirectory(prefix="beleef-bench-") as folder:
        run = Run(QUICK if given.quick else FULL, Path(folder))
        done = [_measure(name, run) for name in given.rows or ROWS]
    report = to_markdown(done, machine, is_quick=given.quick)
    print(report)
    if given.into:
        given.into.write_text(report)
    if not given.quick and len(done) == len(ROWS):
        _RESULTS.write_text(report)
    return 1 if any(one.outcome is None for one in done) else 0


def _measure(name: str, run: Run) -> Done:
    module = row(name)
    print(f"{name}: {module.TITLE}", file=sys.stderr, flush=True)
    began, outcome, failure = time.monotonic(), None, ""
    try:
        outcome = module.measure(run)
    except Exception as error:  # noqa: BLE001 -- the other rows are worth having whatever became of this one
        traceback.print_exc()
        failure = f"{type(error).__name__}: {error}"
    return Done(name=name, module=module, outcome=outcome, failure=failure, took_s=time.monotonic() - began)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
