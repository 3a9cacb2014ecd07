"""The server with one thing wrong: it serves a database that may forget commits."""

from storage import pool
from stream_jobs.cli import main

if __name__ == "__main__":
    pool.DURABLE = ()  # type: ignore[assignment]  # this is what is wrong with it
    main()
