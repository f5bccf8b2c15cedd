"""Side by side with the official client, httpx and aiohttp: one command, one table.

`python -m benchmarks` (or `nox -s bench`) runs it; `--help` says what it takes.
"""
