"""A simulated Dutch retailer, "Lindewijk", that does not exist: what every newcomer sees first, and the benchmark's data.

Golden sample: to add a kind of contact, copy ``tills.py`` (what happens) and add its line to ``sources.py`` (where it counts).
"""
