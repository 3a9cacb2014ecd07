"""Objects in a folder of this machine, or in any store that speaks S3."""

import asyncio
import errno
import logging
import os
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from stream_jobs.domain.errors import FileGone, FilesFull, FilesUnavailable, SettingInvalid
from stream_jobs.ports.objects import Object

logger = logging.getLogger(__name__)

# 32 hexadecimal digits: nobody guesses one, and a folder lists them in no telling order.
KEY_BYTES = 16
CHUNK_BYTES = 1 << 20
# The least that S3 takes as a part of several.
PART_BYTES = 5 << 20
SECONDS = 10
# For the whole of an object that somebody takes over a slow line; a store that falls silent is noticed by SECONDS.
WHOLE_SECONDS = 3600


def open_objects(folder: Path, url: str | None) -> "ObjectStoreObjects":
    """Those of the URL (s3://bucket/prefix; its credentials as any S3 client finds them), else of the folder.

    Raises SettingInvalid when the URL names no store.
    """
    if url is None:
        folder.mkdir(parents=True, exist_ok=True)
        # Before anything lies in it: the store makes its files readable by all, and the folder keeps all out.
        folder.chmod(0o700)
        return ObjectStoreObjects(LocalStore(folder), folder)
    try:
        # Plain HTTP is for an endpoint that says so: a store beside the server. What it gets is encrypted already.
        client = {
            "timeout": timedelta(seconds=WHOLE_SECONDS),
            "read_timeout": timedelta(seconds=SECONDS),
            "connect_timeout": timedelta(seconds=SECONDS / 2),
            "allow_http": True,
        }
        retry = {"max_retries": 3, "retry_timeout": timedelta(seconds=SECONDS)}
        if url.startswith("s3://"):
            return ObjectStoreObjects(from_url(url, client_options=client, retry_config=retry), None)  # type: ignore[call-overload]  # of S3's kinds
        raise ValueError
    except (BaseError, ValueError):
        raise SettingInvalid(
            "STREAM_JOBS_FILES_URL names no store", field="STREAM_JOBS_FILES_URL", expected="s3://bucket/prefix"
        ) from None


class ObjectStoreObjects:
    """folder: where the store keeps them on this machine; None when it is elsewhere."""

    def __init__(self, store: ObjectStore, folder: Path | None) -> None:
        self._store = store
        self._folder = folder

    def new_key(self) -> str:
        return secrets.token_hex(KEY_BYTES)

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        try:
            with _our_errors():
                await self._put(key, await _begun(chunks), chunks)
        except FileGone as error:
            # Nothing was looked for: it is the bucket, or the folder, that is not there.
            raise FilesUnavailable(retry_after_seconds=5) from error.__cause__

    async def _put(self, key: str, begun: bytes, chunks: AsyncIterator[bytes]) -> None:
        """In one request where it is small: nothing of it is left when it breaks off, not even parts to be swept."""
        if len(begun) < PART_BYTES:
            await obstore.put_async(self._store, key, begun, use_multipart=False)
        else:
            await obstore.put_async(self._store, key, _both(begun, chunks), chunk_size=PART_BYTES)
        if self._folder:
            await asyncio.to_thread(_make_durable, self._folder, key)

    async def get(self, key: str) -> AsyncIterator[bytes]:
        with _our_errors():
            found = await obstore.get_async(self._store, key)
            async for chunk in found.stream(min_chunk_size=CHUNK_BYTES):
                yield bytes(chunk)

    async def delete(self, *keys: str) -> None:
        for key in keys:
            try:
                with _our_errors():
                    await obstore.delete_async(self._store, key)
            except FileGone as error:
                # S3 is content when what it is to delete is not there.
                if self._folder is None:
                    raise FilesUnavailable(retry_after_seconds=5) from error.__cause__

    async def listed(self) -> AsyncIterator[Object]:
        with _our_errors():
            async for batch in obstore.list(self._store):
                for one in batch:
                    yield Object(one["path"], one["size"], one["last_modified"])


async def _begun(chunks: AsyncIterator[bytes]) -> bytes:
    """As much of them as tells small from large."""
    begun = bytearray()
    async for chunk in chunks:
        begun += chunk
        if len(begun) >= PART_BYTES:
            break
    return bytes(begun)


async def _both(begun: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield begun
    async for chunk in rest:
        yield chunk


def _make_durable(folder: Path, key: str) -> None:
    """The local store neither waits for the disk nor hides its files; both are done here, before anyone is thanked."""
    _sync(folder / key, mode=0o600)
    _sync(folder)


def _sync(path: Path, *, mode: int | None = None) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if mode is not None:
            os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _our_errors() -> Iterator[None]:
    """The library's messages name paths and buckets; they stay in the cause."""
    try:
        yield
    except FileNotFoundError as error:
        # A bucket that is not there, or credentials nobody knows, are somebody's mistake: no file is gone.
        if why(error) in ("", "NoSuchKey"):
            raise FileGone from error
        raise _unavailable(error) from error
    except (BaseError, OSError, TimeoutError) as error:
        raise _unavailable(error) from error


def _unavailable(error: BaseException) -> FilesUnavailable:
    logger.warning("the store of files failed", extra={"reason": why(error) or type(error).__name__})
    return (FilesFull if _is_full(error) else FilesUnavailable)(retry_after_seconds=5)


def why(error: BaseException | None) -> str:
    """As S3 says it, in a word; empty where it said nothing."""
    said = re.search(r"<Code>(\w+)</Code>", str(error))
    return said[1] if said else ""


def _is_full(error: BaseException) -> bool:
    """The library reports the system's errors by their words alone."""
    full = (errno.ENOSPC, errno.EDQUOT)
    if isinstance(error, OSError) and error.errno in full:
        return True
    return any(f"(os error {number})" in str(error) for number in full)
