"""Objects: whole or not at all, durable, and nobody else's to read."""

import asyncio
import os
import re
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from storage.objects import open_objects
from stream_jobs.doctor import examine
from stream_jobs.domain.errors import FileGone, FilesFull, FilesUnavailable, SettingInvalid
from stream_jobs.settings import Settings

MEBIBYTE = b"x" * (1 << 20)


async def _chunks(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_what_was_put_is_got_again_in_pieces(tmp_path: Path) -> None:
    """Twenty mebibytes never stand in memory at once."""
    objects = open_objects(tmp_path / "files", None)
    key = objects.new_key()
    await objects.put(key, _chunks(*[MEBIBYTE] * 20))

    sizes = [len(chunk) async for chunk in objects.get(key)]

    assert sum(sizes) == 20 << 20
    assert max(sizes) <= 4 << 20
    assert [(one.key, one.bytes) async for one in objects.listed()] == [(key, 20 << 20)]


async def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    """The folder 0700, the files 0600, whatever the umask."""
    before = os.umask(0)
    try:
        objects = open_objects(tmp_path / "files", None)
        key = objects.new_key()
        await objects.put(key, _chunks(b"a"))
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "files").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "files" / key).stat().st_mode) == 0o600


async def test_bytes_are_on_the_disk_before_anyone_is_thanked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file and the folder that names it."""
    objects = open_objects(tmp_path / "files", None)
    synced: list[str] = []
    real = os.fsync

    def recording(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", recording)
    key = objects.new_key()
    await objects.put(key, _chunks(b"a"))

    assert synced == [str(tmp_path / "files" / key), str(tmp_path / "files")]


async def test_an_object_that_breaks_off_is_not_there(tmp_path: Path) -> None:
    """No half of it is ever listed, and what it is made of fails alike in its first bytes and its last."""
    objects = open_objects(tmp_path / "files", None)

    async def broken(at: int) -> AsyncIterator[bytes]:
        yield MEBIBYTE * at
        raise OSError

    for at in (1, 6):
        with pytest.raises(FilesUnavailable):
            await objects.put(objects.new_key(), broken(at))

    assert [one async for one in objects.listed()] == []


async def test_what_is_not_there_is_gone_and_deleting_it_changes_nothing(tmp_path: Path) -> None:
    """Work that is done twice deletes twice."""
    objects = open_objects(tmp_path / "files", None)
    key = objects.new_key()
    await objects.put(key, _chunks(b"a"))
    await objects.delete(key, key)

    with pytest.raises(FileGone):
        async for _ in objects.get(key):
            pass


async def test_a_full_disk_says_so(tmp_path: Path) -> None:
    """A device that is always full stands in for the disk."""
    objects = open_objects(tmp_path / "files", None)

    with pytest.raises((FilesFull, FilesUnavailable)):
        (tmp_path / "files").rmdir()
        (tmp_path / "files").symlink_to("/dev/full")
        await objects.put(objects.new_key(), _chunks(b"a"))


@pytest.mark.parametrize("url", ["nonsense", "ftp://a/b", "file:///tmp", "s3://"])
def test_an_address_that_is_no_store_is_refused_at_the_start(url: str, tmp_path: Path) -> None:
    """Not when somebody's file is to be kept."""
    with pytest.raises(SettingInvalid):
        open_objects(tmp_path, url)


async def test_a_store_that_cannot_be_reached_is_away_and_not_an_error_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An S3 endpoint nobody listens on."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    objects = open_objects(tmp_path, "s3://bucket/prefix")

    with pytest.raises(FilesUnavailable):
        await objects.put(objects.new_key(), _chunks(b"a"))


@asynccontextmanager
async def a_bucket() -> AsyncIterator[tuple[str, dict[str, bytes]]]:
    """As much of S3 as a put, get, list and delete need (multipart upload, DeleteObjects, ListObjectsV2)."""
    kept: dict[str, bytes] = {}
    parts: dict[str, bytes] = {}

    async def put(request: web.Request) -> web.Response:
        into, name = (parts, request.query["partNumber"]) if request.query else (kept, request.match_info["key"])
        into[name] = await request.read()
        return web.Response(headers={"ETag": '"e"'})

    async def post(request: web.Request) -> web.Response:
        if "delete" in request.query:
            gone = re.findall(r"<Key>(.*?)</Key>", await request.text())
            said = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in gone)
            for key in gone:
                kept.pop(key, None)
            return web.Response(text=f"<DeleteResult>{said}</DeleteResult>")
        if "uploads" in request.query:
            name = "InitiateMultipartUploadResult"
            return web.Response(text=f"<{name}><UploadId>u</UploadId></{name}>")
        kept[request.match_info["key"]] = b"".join(parts[number] for number in sorted(parts, key=int))
        return web.Response(text='<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>')

    async def get(request: web.Request) -> web.Response:
        if "list-type" in request.query:
            said = "".join(
                f"<Contents><Key>{key}</Key><Size>{len(content)}</Size>"
                "<LastModified>2026-11-21T06:00:00.000Z</LastModified></Contents>"
                for key, content in kept.items()
            )
            return web.Response(text=f"<ListBucketResult>{said}</ListBucketResult>")
        if request.match_info["key"] not in kept or "forgetful" in request.path:
            return web.Response(status=404)
        if "unreadable" in request.path:
            return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")
        if request.match_info["key"].endswith("silent"):
            await asyncio.Event().wait()
        headers = {"ETag": '"e"', "Last-Modified": "Sat, 21 Nov 2026 06:00:00 GMT"}
        return web.Response(body=kept[request.match_info["key"]], headers=headers)

    async def nobody(_: web.Request) -> web.Response:
        return web.Response(status=404, text="<Error><Code>NoSuchBucket</Code></Error>")

    app = web.Application(client_max_size=1 << 26)
    app.router.add_route("*", "/nobucket{key:.*}", nobody)
    app.router.add_put("/bucket/{key:.*}", put)
    app.router.add_post("/bucket{slash:/?}{key:.*}", post)
    app.router.add_get("/bucket{slash:/?}{key:.*}", get)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/"), kept


async def test_any_s3_by_its_address_keeps_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the prefix of the address; what is not there is gone there too."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    async with a_bucket() as (endpoint, kept):
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        objects = open_objects(tmp_path, "s3://bucket/prefix")
        key = objects.new_key()
        await objects.put(key, _chunks(*[MEBIBYTE] * 7))

        assert list(kept) == [f"prefix/{key}"]
        assert [(one.key, one.bytes) async for one in objects.listed()] == [(key, 7 << 20)]
        assert sum([len(chunk) async for chunk in objects.get(key)]) == 7 << 20
        await objects.delete(key, key)
        with pytest.raises(FileGone):
            await anext(objects.get(key))


async def test_who_downloads_slowly_gets_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An export that took longer than ten seconds broke off; only a store that says nothing for so long is away."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setattr("storage.objects.SECONDS", 0.4)
    async with a_bucket() as (endpoint, kept):
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        objects = open_objects(tmp_path, "s3://bucket/prefix")
        kept["prefix/export"] = MEBIBYTE * 24
        came = 0
        async for chunk in objects.get("export"):
            came += len(chunk)
            await asyncio.sleep(0.03)  # a slow line, for longer than that in all

        assert came == 24 << 20
        kept["prefix/silent"] = b""
        with pytest.raises(FilesUnavailable):
            await anext(objects.get("silent"))


async def test_what_is_small_is_put_in_one_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks it off, the bucket keeps no half of it that nobody lists."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    async with a_bucket() as (endpoint, kept):
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        objects = open_objects(tmp_path, "s3://bucket/prefix")
        await objects.put("small", _chunks(b"a", b"b"))
        await objects.put("empty", _chunks())

    assert kept == {"prefix/small": b"ab", "prefix/empty": b""}


async def test_a_bucket_that_is_not_there_has_lost_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A misspelt bucket made the sweep forget where bytes lay that nobody had taken away."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    async with a_bucket() as (endpoint, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        objects = open_objects(tmp_path, "s3://nobucket/prefix")

        for failing in (objects.put("a", _chunks(b"a")), objects.delete("a"), anext(objects.get("a"))):
            with pytest.raises(FilesUnavailable):
                await failing
    assert {record.reason for record in caplog.records} == {"NoSuchBucket"}  # type: ignore[attr-defined]  # extra


async def test_doctor_says_what_is_wrong_with_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the store's own word, before anybody sends a file; and leaves nothing there."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    async with a_bucket() as (endpoint, kept):
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        said = {}
        for place in ("bucket/prefix", "nobucket/prefix", "bucket/unreadable", "bucket/forgetful"):
            found = await examine(Settings(data=tmp_path, port=0, files_url=f"s3://{place}"))
            said[place] = next((one.ok, one.said) for one in found if one.what == "store of files")

    assert [ok for ok, _ in said.values()] == [True, False, False, False]
    assert said["bucket/prefix"][1] == "written, read and deleted in"
    assert said["nobucket/prefix"][1].endswith("deleted in: NoSuchBucket")
    assert said["bucket/unreadable"][1].endswith("deleted in: AccessDenied")
    assert said["bucket/forgetful"][1].endswith("does not have what was just put there")
    assert kept == {}
