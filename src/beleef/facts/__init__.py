"""Every recorded fact: what a client may say (the Segment vocabulary), and what Beleef makes of it."""
