"""Found by Python before Beleef starts: pages wait for the worker for as long as a busy machine needs, not for a second only."""

from beleef.collect import own

own._WAIT_S = 60.0
