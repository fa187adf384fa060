"""Campaigns: their language, their machine, what happens live, and what a simulation says of it."""
