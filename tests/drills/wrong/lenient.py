"""The server with one thing wrong: an origin is ours when our name is somewhere in it."""

from urllib.parse import urlsplit

from admin import auth
from stream_jobs import app
from stream_jobs.cli import main


def looks_like_ours(origin: str, host: str, public_url: str) -> bool:
    return (urlsplit(public_url).hostname or "") in origin or host in origin


if __name__ == "__main__":
    auth.is_own_origin = app.is_own_origin = looks_like_ours  # type: ignore[attr-defined]  # this is what is wrong
    main()
