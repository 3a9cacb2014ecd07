"""A file on its way in: as a form or as the bare body, never more of it than allowed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from admin.problems import BodyTooLarge, BodyTooSlow
from stream_jobs.domain.errors import BadInput

# A 10 MiB workbook over a slow line, at 100 kB a second.
UPLOAD_SECONDS = 120.0
CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Uploaded:
    name: str
    content: bytes


async def uploaded(request: web.Request, max_bytes: int, name: str | None) -> Uploaded:
    """The file of a form, or the bare body under the given name.

    Raises BodyTooLarge as soon as that is known, BodyTooSlow, BadInput.
    """
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            if request.content_type == "multipart/form-data":
                return await _of_form(request, max_bytes)
            content = await _read(request.content.iter_chunked(CHUNK_BYTES), max_bytes)
    except TimeoutError:
        raise BodyTooSlow from None
    if not name or not content:
        raise BadInput(field="name", expected="the file's name, and its content as the body")
    return Uploaded(name, content)


async def _of_form(request: web.Request, max_bytes: int) -> Uploaded:
    try:
        form = await request.multipart()
        part = await form.next()
        if not isinstance(part, BodyPartReader) or part.name != "file" or not part.filename:
            raise BadInput(field="file", expected="one part named file, with a file name")
        return Uploaded(part.filename, await _read(_chunks(part), max_bytes))
    except (ValueError, AssertionError, HttpProcessingError):
        # What aiohttp raises for a form that is none.
        raise BadInput(field="file", expected="a well-formed multipart/form-data") from None


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(CHUNK_BYTES):
        yield chunk


async def _read(chunks: AsyncIterator[bytes], max_bytes: int) -> bytes:
    content = bytearray()
    async for chunk in chunks:
        content += chunk
        if len(content) > max_bytes:
            raise BodyTooLarge(field="file", expected=f"at most {max_bytes} bytes")
    return bytes(content)
