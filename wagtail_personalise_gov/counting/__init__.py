"""Counting, on the server: increments on their way to the daily totals, and what the totals tell.

`buffer.py` gathers increments so that no request waits for the database (`database.py`, `redis.py`), `adding.py` adds
them to the totals. `totals.py` reads them, `publishing.py` withholds small ones, `looks.py` says when to judge,
`statistics.py` what can be concluded, `results.py` puts it together for page, CSV and API, `wording.py` says it.
`contents.py` finds where blocks stand, and `reporting.py` sets both side by side.
"""
