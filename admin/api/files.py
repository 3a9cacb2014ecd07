"""Résumé files sent by phone, over tus 1.0 (core, creation, termination, expiration), and taken at the desk.

A line that breaks costs what had not arrived: the upload goes on where the server says it is.
"""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Mapping
from email.utils import format_datetime

from aiohttp import web

from admin.api.desk import CALLERS, DESK
from admin.api.public import BROADCAST
from admin.api.shapes import LARGEST
from admin.call import Call, json_response
from admin.declare import Answer, Anyone, Handler, Route, ViewerToken
from admin.files import attachment, begun
from admin.problems import BodyTooSlow, ContentTypeRefused, MethodNotAllowed, TusVersionRefused
from stream_jobs.domain.errors import (
    ApplicationNotFound,
    BadInput,
    FileGone,
    FilesFull,
    FilesUnavailable,
    StreamJobsError,
    TooMany,
)
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import ApplicationId, ReceiptId, ResumeFileId
from stream_jobs.domain.resume_files import (
    ENDING_OF,
    MEDIA_TYPES,
    FileNotSupported,
    FileTooBig,
    ResumeFileNotFound,
    TooManyFiles,
    UploadMoved,
)
from stream_jobs.ports.files import ResumeFileBody, Sender

VERSION = "1.0.0"
FILES = f"{BROADCAST}/applications/{{application_id}}/files"
FILE = f"{FILES}/{{file_id}}"
OVERRIDE = "X-HTTP-Method-Override"
OFFSET_STREAM = "application/offset+octet-stream"
# Nothing for so long, and the line is taken for dead; a request that takes longer than that goes on as another.
IDLE_SECONDS = 30.0
REQUEST_SECONDS = 600.0
METADATA_BYTES = 2048
# In a browser that opens one all the same, it may do nothing at all.
HARMLESS = {"Content-Security-Policy": "default-src 'none'; sandbox"}


class ResumeFileList(Body):
    """This device's files, newest first."""

    files: list[ResumeFileBody]


# ── sending ───────────────────────────────────────────────────────────────────────────────────────────────────


async def discover(call: Call) -> web.Response:
    """tus 1.0.0 §OPTIONS."""
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": "creation,termination,expiration",
        "Tus-Max-Size": str(call.actions.files.most_bytes),
    }
    return web.Response(status=204, headers=headers)


async def listed(call: Call) -> ResumeFileList:
    return ResumeFileList(files=list(await call.actions.files.listed(call.org, _sender(call))))


async def create(call: Call) -> web.Response:
    _must_speak_tus(call)
    await call.limits.upload(call.org, call.watcher.viewer_id, call.address)
    said = _metadata(call.request.headers.get("Upload-Metadata", ""))
    made = await call.actions.files.create(
        call.org,
        _sender(call),
        name=said.get("filename", ""),
        media_type=said.get("filetype", ""),
        length=_number(call, "Upload-Length"),
    )
    response = _at(made)
    response.set_status(201)
    response.headers["Location"] = f"{call.request.path}/{made.id}"
    return response


async def state(call: Call) -> web.Response:
    """HEAD is tus's: where the upload is; GET says the rest as well."""
    if _method(call) == "HEAD":
        _must_speak_tus(call)
    return _at(await call.actions.files.one(call.org, _sender(call), _file(call)))


async def append(call: Call) -> web.Response:
    _must_speak_tus(call)
    if call.request.content_type != OFFSET_STREAM:
        raise ContentTypeRefused(field="Content-Type", expected=OFFSET_STREAM)
    arriving = Arriving(call.request)
    file, offset = _file(call), _number(call, "Upload-Offset")
    now = await call.actions.files.append(call.org, _sender(call), file, offset, arriving.chunks())
    if arriving.failure:
        raise arriving.failure
    headers = {"Upload-Offset": str(now.received), **_expiry(now)}
    return web.Response(status=204, headers=headers)


async def delete(call: Call) -> None:
    _must_speak_tus(call)
    await call.actions.files.delete(call.org, _sender(call), _file(call))


def _method(call: Call) -> str:
    """tus 1.0.0 §X-HTTP-Method-Override, for clients that cannot send PATCH or DELETE."""
    return call.request.headers.get(OVERRIDE, call.request.method)


def _by_method(handlers: Mapping[str, Handler]) -> Handler:
    async def handle(call: Call) -> Answer:
        handler = handlers.get(_method(call))
        if handler is None:
            raise MethodNotAllowed(expected=", ".join(sorted(handlers)))
        return await handler(call)

    return handle


FOR_FILES = _by_method({"OPTIONS": discover, "GET": listed, "HEAD": listed, "POST": create})
FOR_FILE = _by_method({"OPTIONS": discover, "GET": state, "HEAD": state, "PATCH": append, "DELETE": delete})


class Arriving:
    """A request's bytes for as long as they come; failure: why they ended, where the sender is still there to hear."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self.failure: StreamJobsError | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        ends_at = asyncio.get_running_loop().time() + REQUEST_SECONDS
        while True:
            left = ends_at - asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(min(left, IDLE_SECONDS)):
                    chunk = await self._request.content.readany()
            except TimeoutError:
                self.failure = BodyTooSlow(expected="take the upload up again where it is")
                return
            except (ConnectionError, web.RequestPayloadError, web.PayloadAccessError):
                # The line broke: what has arrived is kept, and nobody hears an answer.
                return
            if not chunk:
                return
            yield chunk


def tus_headers(resource: str) -> Mapping[str, str]:
    """What every answer at an upload's address carries, refusals too."""
    return {"Tus-Resumable": VERSION} if resource in (FILES, FILE) else {}


def _at(file: ResumeFileBody) -> web.Response:
    response = json_response(file)
    response.headers.update({"Upload-Offset": str(file.received), "Upload-Length": str(file.length), **_expiry(file)})
    return response


def _expiry(file: ResumeFileBody) -> dict[str, str]:
    return {"Upload-Expires": format_datetime(file.expires_at, usegmt=True)} if file.expires_at else {}


def _must_speak_tus(call: Call) -> None:
    if call.request.headers.get("Tus-Resumable") != VERSION:
        raise TusVersionRefused(field="Tus-Resumable", expected=VERSION)


def _number(call: Call, header: str) -> int:
    text = call.request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= LARGEST):
        raise BadInput(field=header, expected="a number of bytes")
    return int(text)


def _metadata(header: str) -> dict[str, str]:
    """tus 1.0.0 §Upload-Metadata: keys with base64 of UTF-8, commas between them. Raises BadInput."""
    said = {}
    try:
        if len(header) > METADATA_BYTES:
            raise ValueError
        for pair in filter(None, (part.strip() for part in header.split(","))):
            key, _, value = pair.partition(" ")
            said[key] = base64.b64decode(value, validate=True).decode()
    except (ValueError, binascii.Error):
        raise BadInput(field="Upload-Metadata", expected="filename and filetype, each with its base64") from None
    return said


def _sender(call: Call) -> Sender:
    receipt = ReceiptId(call.id("application_id", ApplicationNotFound))
    return Sender(call.broadcast, call.watcher.viewer_id, receipt)


def _file(call: Call) -> ResumeFileId:
    return ResumeFileId(call.id("file_id", ResumeFileNotFound))


# ── at the desk ───────────────────────────────────────────────────────────────────────────────────────────────


async def fetch(call: Call) -> web.Response:
    await call.limits.open_application(call.org, call.account.id)
    application = ApplicationId(call.id("application_id", ApplicationNotFound))
    file, pieces = await call.actions.files.fetch(
        call.org, application, _file(call), call.by, employer=call.account.employer_id
    )
    name = file.name.rpartition(".")[0] + ENDING_OF[file.kind]
    return web.Response(
        body=await begun(pieces), content_type=MEDIA_TYPES[file.kind], headers={**attachment(name), **HARMLESS}
    )


APPENDING = (
    ApplicationNotFound,
    BadInput,
    BodyTooSlow,
    ContentTypeRefused,
    FileTooBig,
    FilesFull,
    FilesUnavailable,
    ResumeFileNotFound,
    TusVersionRefused,
    UploadMoved,
)

ROUTES: tuple[Route, ...] = (
    *(
        Route(
            method="OPTIONS", path=path, callers=(Anyone(),), summary="What this side speaks of tus", handler=discover
        )
        for path in (FILES, FILE)
    ),
    Route(
        method="GET",
        path=FILES,
        callers=(ViewerToken(),),
        summary="The résumé files of this application's person, sent by this device",
        handler=FOR_FILES,
        answer=ResumeFileList,
        errors=(ApplicationNotFound,),
    ),
    Route(
        method="POST",
        path=FILES,
        callers=(ViewerToken(),),
        summary="Announce a file (tus creation): its length, and in Upload-Metadata its filename",
        handler=FOR_FILES,
        created=True,
        headers=("Tus-Resumable", "Upload-Length", "Upload-Metadata"),
        answer=ResumeFileBody,
        errors=(
            ApplicationNotFound,
            BadInput,
            FileNotSupported,
            FileTooBig,
            TooMany,
            TooManyFiles,
            TusVersionRefused,
        ),
    ),
    Route(
        method="GET",
        path=FILE,
        callers=(ViewerToken(),),
        summary="How far it is; HEAD says it in tus's headers alone",
        handler=FOR_FILE,
        answer=ResumeFileBody,
        errors=(ApplicationNotFound, ResumeFileNotFound, TusVersionRefused),
    ),
    Route(
        method="PATCH",
        path=FILE,
        callers=(ViewerToken(),),
        summary="Its bytes from Upload-Offset on; whatever arrives before the line breaks is kept",
        handler=FOR_FILE,
        stream=OFFSET_STREAM,
        headers=("Tus-Resumable", "Upload-Offset"),
        errors=APPENDING,
    ),
    Route(
        method="POST",
        path=FILE,
        callers=(ViewerToken(),),
        summary="PATCH or DELETE, as X-HTTP-Method-Override says, for who cannot send them",
        handler=FOR_FILE,
        stream=OFFSET_STREAM,
        headers=(OVERRIDE, "Tus-Resumable"),
        errors=(MethodNotAllowed, *APPENDING),
    ),
    Route(
        method="DELETE",
        path=FILE,
        callers=(ViewerToken(),),
        summary="Take it back: nobody can read it any more",
        handler=FOR_FILE,
        headers=("Tus-Resumable",),
        errors=(ApplicationNotFound, ResumeFileNotFound, TusVersionRefused),
    ),
    Route(
        method="GET",
        path=f"{DESK}/applications/{{application_id}}/files/{{file_id}}",
        callers=CALLERS,
        summary="A résumé file of an applicant; recorded before it is read",
        handler=fetch,
        media_type="application/octet-stream",
        errors=(ApplicationNotFound, FileGone, FilesUnavailable, ResumeFileNotFound, TooMany),
    ),
)
