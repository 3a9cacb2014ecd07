"""The server with one thing wrong: what a transaction may, and whose it is, stays said on its connection."""

from storage import pool
from stream_jobs.cli import main

begin_with = pool._Connection.begin_with


def for_the_session(self: pool._Connection, statement: str) -> None:
    statement = statement.replace("'app.maintenance', 'on', true", "'app.maintenance', 'on', false")
    begin_with(self, statement.replace("', true), set_config('role'", "', false), set_config('role'"))


if __name__ == "__main__":
    pool._Connection.begin_with = for_the_session  # type: ignore[method-assign]  # this is what is wrong with it
    main()
