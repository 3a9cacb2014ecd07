"""The server with one thing wrong: it takes every id of a path for an id, and fails on what is none."""

import re

from admin import call
from stream_jobs.cli import main

if __name__ == "__main__":
    call.UUID_FORM = re.compile(".*", re.DOTALL)  # this is what is wrong with it
    main()
