"""Letters: one PDF per letter, and per day one PDF and one list of addresses for a print service."""
