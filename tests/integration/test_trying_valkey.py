"""`stream-jobs doctor` asks of Valkey what a server will ask, and says what is in the way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from redis.asyncio import Redis

from stream_jobs.doctor import examine
from stream_jobs.embedded import Servers
from stream_jobs.settings import Settings

EVERYTHING = ("+@all", "~*", "&*")


@asynccontextmanager
async def a_user(servers: Servers, *rights: str) -> AsyncIterator[str]:
    """The URL of one who may do that much."""
    name = f"user-{uuid4().hex}"
    async with Redis.from_url(servers.valkey_url) as valkey:
        await valkey.execute_command("ACL", "SETUSER", name, "on", ">right", *rights)  # type: ignore[no-untyped-call]  # redis
        try:
            yield f"unix://{name}:right@{urlsplit(servers.valkey_url).path}"
        finally:
            await valkey.execute_command("ACL", "DELUSER", name)  # type: ignore[no-untyped-call]  # redis


async def _said(folder: Path, url: str) -> tuple[bool, str]:
    found = await examine(Settings(data=folder, port=0, valkey_url=url))
    return next((one.ok, one.said) for one in found if one.what == "valkey")


async def test_doctor_says_what_keeps_valkey_from_being_used(servers: Servers, tmp_path: Path) -> None:
    """Rights that lack one thing, another password, nobody there, no address at all."""
    async with a_user(servers, *EVERYTHING) as url:
        good = await _said(tmp_path, url)
        wrong = await _said(tmp_path, url.replace(":right@", ":wrong@"))
    lacking = []
    for lack in ("-subscribe", "-publish", "-function", "-fcall"):
        async with a_user(servers, *EVERYTHING, lack) as url:
            lacking.append(await _said(tmp_path, url))
    nobody = await _said(tmp_path, "redis://127.0.0.1:1")
    nowhere = await _said(tmp_path, "valkey:6379")

    assert good == (True, "hears, says and counts")
    assert not wrong[0] and wrong[1].startswith("valkey_unreachable") and "another name or password" in wrong[1]
    assert {ok for ok, _ in lacking} == {False} and all("access rules (ACL)" in said for _, said in lacking)
    assert not nobody[0] and "cannot be reached" in nobody[1]
    assert not nowhere[0] and nowhere[1].startswith("setting_invalid")
