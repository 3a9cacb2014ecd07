"""The server with one thing wrong: it takes a connection for its own, whoever stands between."""

from storage import pool
from stream_jobs.cli import main

if __name__ == "__main__":
    pool._set_codecs_if_direct = pool._set_codecs  # this is what is wrong with it
    main()
