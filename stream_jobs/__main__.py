"""`python -m stream_jobs` is `stream-jobs`."""

from stream_jobs.cli import main

main()
