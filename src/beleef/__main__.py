"""``python -m beleef`` is ``beleef``."""

from beleef.cli import main

main()
