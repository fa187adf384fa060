"""Load on a server, and how it answered: `wrk` where it is installed, else a client of our own."""
