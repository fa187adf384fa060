"""The benchmark: measures Beleef's budgets on this machine, each beside a baseline of the same run. `python -m bench` runs it.

To add a row, copy `rows/lake.py` and name it in `rows/__init__.py`.
"""
