"""Messages over time to the people they are meant for: flows that are data, run as sets, tested on past facts before they run.

To add a kind of step, copy what `SetTrait` does in `model.py`, `reading.py`, `program.py` and `machine.py`.
"""
