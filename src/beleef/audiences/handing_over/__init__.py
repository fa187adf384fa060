"""Handing audiences over to other systems: who enters and leaves by webhook, the whole of it as a file, each person once.

Golden sample: to add a way of handing over, follow ``Snapshot`` through model, keeping and sending.
"""
