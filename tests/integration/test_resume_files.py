"""Résumé files: sent in pieces over tus, encrypted as they come, checked, read by the applicant's employer."""

import asyncio
import base64
import io
import json
import os
import subprocess
import zipfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from aiohttp import ClientResponse

from admin.api import files as tus
from storage.file_sweeping import forget
from storage.objects import open_objects
from storage.stores import Stores
from stream_jobs.assembly import actions_over
from stream_jobs.domain.ids import BroadcastId, EmployerId, JobId, ResumeFileId
from stream_jobs.keys import Keys
from stream_jobs.notices import ConsoleNotices
from stream_jobs.ports import AccountRole
from stream_jobs.ports.work import CheckFile, SweepFiles
from stream_jobs.settings import Settings
from tests.builders import Store, a_broadcast, batching, handlers_over, jobs_of, prove_phone
from tests.drills.made_docx import a_docx
from tests.drills.made_pdfs import a_large_pdf, a_pdf
from tests.drills.made_photos import a_photo
from tests.site import Site, a_site

MIB = 1 << 20
TUS = {"Tus-Resumable": "1.0.0"}
STREAM = {**TUS, "Content-Type": "application/offset+octet-stream"}


@dataclass
class Applicant:
    """A phone that has applied, and what it does with files."""

    site: Site
    viewer: Mapping[str, str]
    path: str

    async def announce(self, name: str, length: int, media_type: str = "", **headers: str) -> ClientResponse:
        said = ",".join(
            f"{k} {base64.b64encode(v.encode()).decode()}"
            for k, v in {"filename": name, "filetype": media_type}.items()
        )
        given = {**self.viewer, **TUS, "Upload-Length": str(length), "Upload-Metadata": said, **headers}
        return await self.site.ask("POST", self.path, headers=given)

    async def append(self, file: str, offset: int, content: bytes) -> ClientResponse:
        headers = {**self.viewer, **STREAM, "Upload-Offset": str(offset)}
        return await self.site.ask("PATCH", f"{self.path}/{file}", data=io.BytesIO(content), headers=headers)

    async def head(self, file: str) -> ClientResponse:
        return await self.site.ask("HEAD", f"{self.path}/{file}", headers={**self.viewer, **TUS})

    async def offset(self, file: str) -> int:
        return int((await self.head(file)).headers["Upload-Offset"])

    async def state(self, file: str) -> Any:
        return await (await self.site.ask("GET", f"{self.path}/{file}", headers=self.viewer)).json()

    async def listed(self) -> list[dict[str, Any]]:
        return list((await (await self.site.ask("GET", self.path, headers=self.viewer)).json())["files"])

    async def send(self, name: str, content: bytes) -> str:
        """All of it, checked; returns its id."""
        file = (await (await self.announce(name, len(content))).json())["id"]
        assert (await self.append(file, 0, content)).status == 204
        await check(self.site.store, file)
        return str(file)


async def reached(phone: Applicant, file: str, offset: int) -> None:
    """Once so many bytes are durable."""
    async with asyncio.timeout(10):
        while await phone.offset(file) < offset:  # noqa: ASYNC110  # the server alone knows
            await asyncio.sleep(0.02)


async def check(store: Store, file: str) -> None:
    await handlers_over(store, ConsoleNotices()).handle(
        store.org, CheckFile(file_id=ResumeFileId(UUID(file))), store.clock()
    )


async def sweep(store: Store) -> list[str]:
    """What is left in the object store."""
    await handlers_over(store, ConsoleNotices()).handle(None, SweepFiles(), store.clock())
    return [one.key async for one in store.stores.objects.listed()]


async def bytes_of(site: Site, path: str, who: Mapping[str, str]) -> bytes:
    async with site.client.get(site.base + path, headers=who) as answer:
        return await answer.read()


async def code_of(response: ClientResponse) -> str:
    return str((await response.json(content_type=None))["code"])


@asynccontextmanager
async def applying(store: Store) -> AsyncIterator[Site]:
    async with batching(store), a_site(store) as site:
        yield site


@pytest_asyncio.fixture
async def site(store: Store) -> AsyncIterator[Site]:
    async with applying(store) as opened:
        yield opened


async def an_applicant(
    site: Site, broadcast: BroadcastId | None = None, *, phone: str = "13800000001", job: JobId | None = None
) -> Applicant:
    broadcast = broadcast or await a_broadcast(site.store, jobs=1)
    viewer = await site.viewer(broadcast)
    return await applied(site, viewer, broadcast, phone=phone, job=job)


async def applied(
    site: Site, viewer: Mapping[str, str], broadcast: BroadcastId, *, phone: str, job: JobId | None = None
) -> Applicant:
    job = job or (await jobs_of(site.store, broadcast))[0]
    base = f"/api/v1/broadcasts/{broadcast}"
    consent = await (await site.ask("GET", f"{base}/consent?job_id={job}")).json()
    body = {
        "key": str(UUID(int=int.from_bytes(os.urandom(16)))),
        "job_id": str(job),
        "contact": {"phone": phone, "name": "王师傅"},
        "consent": {"text_sha256": consent["text_sha256"]},
    }
    receipt = await (await site.ask("POST", f"{base}/applications", json=body, headers=viewer)).json()
    return Applicant(site, viewer, f"{base}/applications/{receipt['application_id']}/files")


async def employer_of(store: Store, broadcast: BroadcastId) -> EmployerId:
    async with store.database.transaction(store.org) as tx:
        found: EmployerId = await tx.fetchval(
            "SELECT employer_id FROM card JOIN job ON job.id = card.job_id WHERE broadcast_id = $1", broadcast
        )
    return found


async def a_recruiter(site: Site, broadcast: BroadcastId) -> dict[str, str]:
    employer = await employer_of(site.store, broadcast)
    return await site.signed_in(await site.account(AccountRole.RECRUITER, employer=employer))


async def opened(site: Site, recruiter: Mapping[str, str], q: str = "") -> list[dict[str, Any]]:
    """What the desk shows of each application it finds."""
    page = await (await site.ask("GET", f"/api/v1/desk/applications?q={quote(q)}", headers=recruiter)).json()
    answers = [
        await site.ask("POST", f"/api/v1/desk/applications/{one['id']}/open", headers=recruiter)
        for one in page["applications"]
    ]
    return [await answer.json() for answer in answers]


# ── sending ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_file_sent_in_pieces_reaches_the_desk_whole(site: Site) -> None:
    """Announced, sent in three requests, checked, found by its words, taken away as an attachment; and recorded."""
    broadcast = await a_broadcast(site.store, jobs=1)
    phone, recruiter = await an_applicant(site, broadcast), await a_recruiter(site, broadcast)
    content = a_large_pdf(2 * MIB, words="王师傅 数控机床 四级证书")

    made = await phone.announce("王师傅 简历.pdf", len(content), "application/pdf")
    file = (await made.json())["id"]
    for begin, end in ((0, 1000), (1000, MIB + 7), (MIB + 7, len(content))):
        assert await phone.offset(file) == begin
        answer = await phone.append(file, begin, content[begin:end])
        assert (answer.status, answer.headers["Upload-Offset"], answer.headers["Tus-Resumable"]) == (
            204,
            str(end),
            "1.0.0",
        )
    assert (made.status, made.headers["Location"]) == (201, f"{phone.path}/{file}")
    assert (await phone.state(file))["state"] == "checking"
    await check(site.store, file)

    assert [(one["name"], one["state"]) for one in await phone.listed()] == [("王师傅 简历.pdf", "ready")]
    assert await opened(site, recruiter, "没有这样的字") == []
    (found,) = await opened(site, recruiter, "数控机床")
    (seen,) = found["files"]
    assert (seen["id"], seen["name"], seen["bytes"]) == (file, "王师傅 简历.pdf", len(content))
    path = f"/api/v1/desk/applications/{found['application']['id']}/files/{file}"
    taken = await site.ask("GET", path, headers=recruiter)
    assert await bytes_of(site, path, recruiter) == content
    assert taken.headers["Content-Type"] == "application/pdf"
    assert taken.headers["Content-Disposition"].endswith("filename*=UTF-8''" + quote("王师傅 简历.pdf"))
    assert taken.headers["Content-Disposition"].startswith("attachment;")
    assert taken.headers["X-Content-Type-Options"] == "nosniff" and taken.headers["Cache-Control"] == "no-store"
    assert "sandbox" in taken.headers["Content-Security-Policy"]
    async with site.store.database.transaction(site.store.org) as tx:
        audited = await tx.fetch("SELECT subject, detail FROM audit WHERE action = 'file_fetched'")
    assert [(row["subject"], row["detail"]) for row in audited] == [(found["application"]["id"], {"file": file})] * 2


async def test_upload_cut_in_the_middle_goes_on_where_it_was(site: Site) -> None:
    """What was read before the line broke is kept, though the request never ended and no part was full."""
    phone = await an_applicant(site)
    content = a_large_pdf(3 * MIB)
    file = (await (await phone.announce("a.pdf", len(content))).json())["id"]
    arrived = MIB - 1

    place = urlsplit(site.base)
    _, writer = await asyncio.open_connection(place.hostname, place.port)
    lines = {**phone.viewer, **STREAM, "Upload-Offset": "0", "Content-Length": str(len(content)), "Host": place.netloc}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"PATCH {phone.path}/{file} HTTP/1.1\r\n{head}\r\n".encode() + content[:arrived])
    await writer.drain()
    writer.close()
    await reached(phone, file, 1)
    kept = await phone.offset(file)

    assert kept <= arrived
    assert (await phone.append(file, kept, content[kept:])).status == 204
    await check(site.store, file)
    assert (await phone.state(file))["state"] == "ready"


async def test_upload_that_stands_still_is_told_to_come_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came is kept; the request is not held open for ever."""
    monkeypatch.setattr(tus, "IDLE_SECONDS", 0.2)
    phone = await an_applicant(site)
    content = a_pdf()
    file = (await (await phone.announce("a.pdf", len(content))).json())["id"]
    waits = asyncio.Event()

    async def dribble() -> AsyncIterator[bytes]:
        yield content[:100]
        await waits.wait()

    headers = {**phone.viewer, **STREAM, "Upload-Offset": "0"}
    async with site.client.patch(f"{site.base}{phone.path}/{file}", data=dribble(), headers=headers) as answer:
        assert (answer.status, await code_of(answer)) == (408, "body_too_slow")
    waits.set()

    assert await phone.offset(file) == 100


async def test_bytes_are_taken_once_and_in_their_order(site: Site) -> None:
    """Another offset changes nothing and is told the right one; of two at once, one counts."""
    phone = await an_applicant(site)
    content = a_pdf()
    file = (await (await phone.announce("a.pdf", len(content))).json())["id"]

    early = await phone.append(file, 7, content[7:])
    both = await asyncio.gather(phone.append(file, 0, content[:500]), phone.append(file, 0, content[:500]))
    longer = await phone.append(file, 500, content[500:] + b"more")

    assert (early.status, await code_of(early)) == (409, "upload_moved")
    assert sorted(answer.status for answer in both) == [204, 409]
    assert (longer.status, await code_of(longer), await phone.offset(file)) == (413, "file_too_big", 500)
    assert (await phone.append(file, 500, content[500:])).status == 204
    await check(site.store, file)
    assert (await phone.state(file))["state"] == "ready"


@pytest.mark.parametrize(
    ("name", "length", "headers", "status", "code"),
    [
        ("简历.pdf", 10 * MIB + 1, {}, 413, "file_too_big"),
        ("简历.exe", 10, {}, 415, "file_not_supported"),
        ("简历.pdf.exe", 10, {}, 415, "file_not_supported"),
        ("简历.pdf", 0, {}, 422, "bad_input"),
        ("简历.pdf", 10, {"Upload-Length": "many"}, 422, "bad_input"),
        ("简历.pdf", 10, {"Upload-Metadata": "filename ***"}, 422, "bad_input"),
        ("简历.pdf", 10, {"Tus-Resumable": "0.2.2"}, 412, "tus_version_refused"),
    ],
)
async def test_announcement_that_cannot_be_kept_is_refused(
    site: Site, name: str, length: int, headers: Mapping[str, str], status: int, code: str
) -> None:
    """Before a byte is sent, with what to do."""
    phone = await an_applicant(site)

    answer = await phone.announce(name, length, **headers)

    assert (answer.status, await code_of(answer)) == (status, code)
    assert await phone.listed() == []


async def test_what_is_spoken_is_told_to_anybody_and_with_every_other_version(site: Site) -> None:
    """At both addresses, before anybody has a token; a client of another version learns which one to speak."""
    phone = await an_applicant(site)

    told = [await site.ask("OPTIONS", path) for path in (phone.path, f"{phone.path}/{uuid4()}")]
    refused = await phone.announce("a.pdf", 10, **{"Tus-Resumable": "0.2.2"})

    assert [(answer.status, answer.headers["Tus-Version"]) for answer in told] == [(204, "1.0.0")] * 2
    assert {answer.headers["Tus-Max-Size"] for answer in told} == {str(10 * MIB)}
    assert (refused.status, refused.headers["Tus-Version"]) == (412, "1.0.0")


async def test_a_client_that_can_only_post_names_its_method_in_a_header(site: Site) -> None:
    """Bytes come, and the file goes; a POST without the header is told what the address takes."""
    phone = await an_applicant(site)
    file = (await (await phone.announce("a.pdf", 100)).json())["id"]

    async def post(**headers: str) -> ClientResponse:
        given = {**phone.viewer, **STREAM, "Upload-Offset": "0", **headers}
        return await site.ask("POST", f"{phone.path}/{file}", data=io.BytesIO(b"x" * 40), headers=given)

    plain, sent = await post(), await post(**{tus.OVERRIDE: "PATCH"})
    offset, gone = await phone.offset(file), await post(**{tus.OVERRIDE: "DELETE"})

    assert (plain.status, plain.headers["Allow"]) == (405, "DELETE, GET, HEAD, OPTIONS, PATCH")
    assert (sent.status, sent.headers["Upload-Offset"], offset) == (204, "40", 40)
    assert (gone.status, (await phone.head(file)).status) == (204, 404)


async def test_device_has_three_files_in_a_broadcast(site: Site) -> None:
    """Ten at once too; one that was deleted makes room."""
    phone = await an_applicant(site)

    answers = await asyncio.gather(*(phone.announce(f"{n}.pdf", 1000) for n in range(10)))

    assert sorted(answer.status for answer in answers) == [201] * 3 + [409] * 7
    one = (await phone.listed())[0]["id"]
    assert (await site.ask("DELETE", f"{phone.path}/{one}", headers={**phone.viewer, **TUS})).status == 204
    assert (await phone.head(one)).status == 404
    assert (await phone.announce("again.pdf", 1000)).status == 201


async def test_file_is_its_own_devices_alone(site: Site) -> None:
    """Another phone, applying for the same person, neither sees nor changes it; nor is its own file shown as theirs."""
    broadcast = await a_broadcast(site.store, jobs=1)
    phone, recruiter = await an_applicant(site, broadcast), await a_recruiter(site, broadcast)
    file = await phone.send("a.pdf", a_pdf(words="数控机床"))
    other = await an_applicant(site, broadcast)

    assert await other.listed() == []
    for path in (phone.path, other.path):
        answer = await site.ask("HEAD", f"{path}/{file}", headers={**other.viewer, **TUS})
        assert answer.status == 404
    await other.send("b.pdf", a_pdf(words="别人写的"))
    assert await opened(site, recruiter, "别人写的") == []
    (found,) = await opened(site, recruiter, "数控机床")
    assert [one["name"] for one in found["files"]] == ["a.pdf"]


async def test_file_goes_with_the_next_application_and_to_no_other_employer(site: Site) -> None:
    """As a résumé does: whoever the same phone applies to reads it, whoever it does not, does not."""
    here, there, elsewhere = [await a_broadcast(site.store, jobs=1) for _ in range(3)]
    phone = await an_applicant(site, here)
    file = await phone.send("a.docx", a_docx())
    device = phone.viewer["Authorization"]
    watcher = site.store.tokens.read_connection_token(device.split()[1], site.store.clock()).watcher
    assert watcher
    cookie = site.store.tokens.device_cookie(watcher.viewer_id)
    token = await site.ask(
        "POST",
        f"/api/v1/broadcasts/{there}/connection-token",
        json={"visit_id": str(UUID(int=1))},
        headers={"Cookie": f"device={cookie}"},
    )
    viewer = {"Authorization": f"Bearer {(await token.json())['token']}"}
    again = await applied(site, viewer, there, phone="13800000001")
    stranger = await a_recruiter(site, elsewhere)

    assert [one["id"] for one in await again.listed()] == [file]
    (found,) = await opened(site, await a_recruiter(site, there))
    assert [one["id"] for one in found["files"]] == [file]
    path = f"/api/v1/desk/applications/{found['application']['id']}/files/{file}"
    assert (await site.ask("GET", path, headers=stranger)).status == 404


# ── what is kept ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_nothing_lies_in_clear_and_no_part_in_anothers_place(site: Site, store: Store) -> None:
    """Neither the beginning of the file nor its name; parts that change places open nothing."""
    phone = await an_applicant(site)
    content = a_large_pdf(2 * MIB + MIB // 2)
    file = (await (await phone.announce("金丝雀简历.pdf", len(content))).json())["id"]
    await phone.append(file, 0, content)

    kept = [
        b"".join([chunk async for chunk in store.stores.objects.get(one.key)])
        async for one in store.stores.objects.listed()
    ]
    async with store.database.transaction(store.org) as tx:
        rows = str(
            await tx.fetch(
                """
                SELECT row_to_json(f)::text, row_to_json(v)::text
                FROM resume_file f JOIN vault.resume_file v ON v.file_id = f.id
                """
            )
        )
        await tx.execute("UPDATE resume_file_part SET object_key = object_key || 'x' WHERE file_id = $1", UUID(file))
        await tx.execute(
            """
            UPDATE resume_file_part p SET object_key = replace(q.object_key, 'x', '') FROM resume_file_part q
            WHERE p.file_id = $1 AND q.file_id = $1 AND p.bytes = q.bytes AND p.id <> q.id
            """,
            UUID(file),
        )

    assert len(kept) == 3 and not any(
        b"%PDF" in one or content[n : n + 8] in one for one in kept for n in range(0, len(content), 99_991)
    )
    assert "金丝雀" not in rows
    await check(store, file)
    assert (await phone.state(file))["refused"] == "file_damaged"


async def test_the_copy_of_ones_data_holds_the_files_themselves(site: Site, store: Store) -> None:
    """By name, kind, size and time, once the number is proven; one that is damaged is named all the same."""
    broadcast = await a_broadcast(store, jobs=1)
    phone = await an_applicant(site, broadcast)
    content = a_pdf(words="王师傅 数控机床")
    first, second = await phone.send("简历.pdf", content), await phone.send("简历.pdf", content)
    photo = await phone.send("证书.png", a_photo("PNG", (300, 200)))
    await store.stores.objects.delete(await place_of(store, second))
    token = phone.viewer["Authorization"].removeprefix("Bearer ")
    watcher = store.tokens.read_connection_token(token, store.clock()).watcher
    assert watcher is not None
    me = f"/api/v1/broadcasts/{broadcast}/me"
    who = (await (await site.ask("GET", me, headers=phone.viewer)).json())["people"][0]["ref"]
    unproven = await site.ask("GET", f"{me}/people/{who}/data", headers=phone.viewer)
    await prove_phone(store, watcher.viewer_id, "13800000001")

    copy = zipfile.ZipFile(io.BytesIO(await bytes_of(site, f"{me}/people/{who}/data", phone.viewer)))

    assert await code_of(unproven) == "phone_unverified"
    data = json.loads(copy.read("我的数据.json"))
    assert data["phone"] == "+8613800000001"
    assert [(one["id"], one["name"], one["kind"], one["state"], one["saved_as"]) for one in data["files"]] == [
        (first, "简历.pdf", "pdf", "ready", "简历文件/简历.pdf"),
        (second, "简历.pdf", "pdf", "ready", None),
        (photo, "证书.png", "photo", "ready", "简历文件/证书.jpg"),
    ]
    assert data["files"][0]["bytes"] == len(content) and data["files"][0]["at"]
    assert copy.read("简历文件/简历.pdf") == content
    assert copy.read("简历文件/证书.jpg").startswith(b"\xff\xd8\xff")
    assert copy.testzip() is None


async def place_of(store: Store, file: str) -> str:
    async with store.database.transaction(store.org) as tx:
        return str(await tx.fetchval("SELECT object_key FROM resume_file_part WHERE file_id = $1 AND kept", UUID(file)))


async def test_photo_is_kept_as_it_was_made_anew(site: Site, store: Store) -> None:
    """What was sent goes once nobody can still be reading it."""
    broadcast = await a_broadcast(store, jobs=1)
    phone, recruiter = await an_applicant(site, broadcast), await a_recruiter(site, broadcast)
    file = await phone.send("照片.png", a_photo("PNG", (3000, 200)))

    (found,) = await opened(site, recruiter)
    path = f"/api/v1/desk/applications/{found['application']['id']}/files/{file}"
    taken = await site.ask("GET", path, headers=recruiter)

    assert (await bytes_of(site, path, recruiter)).startswith(b"\xff\xd8\xff")
    assert taken.headers["Content-Disposition"].endswith(quote("照片.jpg"))
    assert len(await sweep(store)) == 2
    store.clock.forward(hours=2)
    assert len(await sweep(store)) == 1
    assert (await site.ask("GET", path, headers=recruiter)).status == 200


async def test_refused_file_says_why_and_leaves_no_bytes(site: Site, store: Store) -> None:
    """Its reason can be read for a day; it does not count among the three."""
    phone = await an_applicant(site)
    file = await phone.send("a.pdf", a_pdf(pages=51))

    assert [(one["state"], one["refused"]) for one in await phone.listed()] == [("refused", "file_too_long")]
    assert await sweep(store) == []
    assert [(await phone.announce("b.pdf", 10)).status for _ in range(3)] == [201] * 3
    store.clock.forward(hours=25)
    await sweep(store)
    async with store.database.transaction(store.org) as tx:
        assert not await tx.fetchval("SELECT true FROM resume_file WHERE id = $1", UUID(file))


async def test_upload_nobody_takes_up_again_expires(site: Site, store: Store) -> None:
    phone = await an_applicant(site)
    file = (await (await phone.announce("a.pdf", 5000)).json())["id"]
    await phone.append(file, 0, a_pdf()[:500])
    assert (await phone.head(file)).headers["Upload-Expires"].endswith("GMT")

    # The page's token lasts fifteen minutes, a device for ever: the store is asked as it would be next day.
    store.clock.forward(hours=25)

    assert await sweep(store) == []
    async with store.database.transaction(store.org) as tx:
        assert await tx.fetchval("SELECT count(*) FROM resume_file") == 0


async def test_what_has_all_come_is_checked_however_late(site: Site, store: Store) -> None:
    """The store was away for a day: what had been thanked for was swept away unread."""
    phone = await an_applicant(site)
    file = (await (await phone.announce("a.pdf", len(a_pdf()))).json())["id"]
    await phone.append(file, 0, a_pdf())
    assert (await phone.state(file))["expires_at"] is None
    store.clock.forward(hours=25)

    assert len(await sweep(store)) == 1
    await check(store, file)

    async with store.database.transaction(store.org) as tx:
        assert await tx.fetchval("SELECT state FROM resume_file WHERE id = $1", UUID(file)) == "ready"


@pytest.mark.parametrize("how", ["forgotten", "deleted"])
async def test_files_go_with_their_person(site: Site, store: Store, how: str) -> None:
    """Unreadable at once; their bytes with the next sweep."""
    broadcast = await a_broadcast(store, jobs=1)
    phone, recruiter = await an_applicant(site, broadcast), await a_recruiter(site, broadcast)
    file = await phone.send("a.pdf", a_pdf(words="数控机床"))

    async with store.database.transaction(store.org) as tx:
        person = await tx.fetchval("SELECT person_id FROM resume_file")
        if how == "forgotten":
            await forget(tx, store.org, person)
    if how == "deleted":
        await site.ask("DELETE", f"{phone.path}/{file}", headers={**phone.viewer, **TUS})

    assert await opened(site, recruiter, "数控机床") == []
    assert await sweep(store) == []
    async with store.database.transaction(store.org) as tx:
        assert await tx.fetchval("SELECT count(*) FROM resume_file") == 0


async def test_file_goes_when_its_device_takes_back_what_it_typed(site: Site, store: Store) -> None:
    """The number is not proven and known elsewhere, so the person stays; nothing this phone sent does."""
    broadcast = await a_broadcast(store, jobs=1)
    mine = await an_applicant(site, broadcast)
    other = await an_applicant(site, await a_broadcast(store, jobs=1))
    await mine.send("a.pdf", a_pdf(words="数控机床"))
    kept = await other.send("b.pdf", a_pdf(words="叉车"))
    me = f"/api/v1/broadcasts/{broadcast}/me"
    page = await (await site.ask("GET", me, headers=mine.viewer)).json()

    await site.ask("POST", f"{me}/people/{page['people'][0]['ref']}/erase", headers=mine.viewer)
    await sweep(store)

    async with store.database.transaction(store.org) as tx:
        assert [str(row["id"]) for row in await tx.fetch("SELECT id FROM resume_file")] == [kept]
        grams = await tx.fetch("SELECT grams FROM vault.application WHERE name IS NULL")
    assert [row["grams"] for row in grams] == [[]]


def run(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a small file system")
async def test_full_disk_is_said_and_loses_nothing(store: Store, keys: Keys, tmp_path: Path) -> None:
    """507 with its code; what was acknowledged before stays, and the upload goes on once there is room."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder))
    if not run(*mount):
        pytest.skip("this system mounts no file system here")
    try:
        stores = Stores(store.database, keys, open_objects(folder / "files", None), retention_days=365)
        actions = actions_over(stores, store.bus, store.tokens, store.clock, Settings())
        full = replace(store, stores=stores, actions=actions)
        async with applying(full) as site:
            phone = await an_applicant(site)
            content = a_large_pdf(4 * MIB)
            file = (await (await phone.announce("a.pdf", len(content))).json())["id"]

            answer = await phone.append(file, 0, content)
            assert (answer.status, await code_of(answer)) == (507, "files_full")
            kept = await phone.offset(file)
            assert kept % MIB == 0 and 0 < kept < len(content)
            assert run("mount", "-o", "remount,size=20m", str(folder))
            assert (await phone.append(file, kept, content[kept:])).status == 204
            await check(full, file)
            assert (await phone.state(file))["state"] == "ready"
    finally:
        run("umount", str(folder))
