"""Counting, on the server: increments on their way to the daily totals, and what the totals tell.

`buffer.py` gathers increments so that no request waits for the database (`database.py`, `redis.py`), `adding.py` adds
them to the totals, `results.py` reads the totals as they may be shown, and `statistics.py` says what can be concluded.
"""
