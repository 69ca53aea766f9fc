"""The tests' site under gunicorn, and what may go away beneath it: Redis, PostgreSQL, a worker."""
