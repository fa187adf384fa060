"""Accept, check and keep interactions: requests go into the log as they come, the worker makes facts of them.

To add a way in (a protocol, a file kind), turn it into Segment-shaped messages and hand them to ``api.Intake``; golden sample:
``hooks.py``.
"""
