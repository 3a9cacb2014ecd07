"""Résumé files, exports and backups in a store that speaks S3: away, unknown, restored from, and taken away again."""

import asyncio
import hashlib
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientError, ClientSession, DummyCookieJar
from prometheus_client import CollectorRegistry

from stream_jobs.bench.server import PROGRAM
from stream_jobs.ports import AccountRole
from stream_jobs.ports.work import SweepFiles
from tests.drills.bucket import NAME, a_bucket, reached
from tests.drills.drill import Bench, Drill, Found
from tests.drills.following import until
from tests.drills.in_clear import a_canary_phone, holding
from tests.drills.made_pdfs import a_large_pdf
from tests.drills.place import Daemon, Place
from tests.drills.show import Show, a_show
from tests.integration.test_resume_files import Applicant, a_recruiter, applied, bytes_of
from tests.program import command, done
from tests.site import Site, Taken, accounts_over

EARLY_FILES = ("-m", "tests.drills.wrong.early_files")
HERE, THERE = f"s3://{NAME}/here", f"s3://{NAME}/there"
FILE_BYTES, SLICE_BYTES = 2 << 20, 16 << 10
PHONES, SOME = 10, 3
BETWEEN = 40
"""Pieces acknowledged between two faults."""
AWAY_SECONDS = 3.0
PATIENCE_SECONDS = 90.0
LISTED = "手机"
"""In the head of every list."""


@dataclass
class Upload:
    """A phone's file. told: how far it was acknowledged; lost: how often the server knew less than it had said."""

    phone: Applicant
    content: bytes
    file: str = ""
    told: int = 0
    pieces: int = 0
    lost: int = 0
    hurried: bool = False
    refused: str = ""

    async def run(self) -> None:
        """Until all of it is checked; whatever fails is tried again from where the server says it is."""
        while not await self._tried(self._announce):  # noqa: ASYNC110  # the server alone knows
            await asyncio.sleep(0.1)
        while self.told < len(self.content):
            if not await self._tried(self._append):
                await asyncio.sleep(0.1)
                await self._tried(self._look)
        while (state := (await self.phone.state(self.file)).get("state")) not in ("ready", "refused"):  # noqa: ASYNC110  # of a server
            await asyncio.sleep(0.2)
        self.refused = "" if state == "ready" else state

    async def _tried(self, step: Callable[[], Awaitable[bool]]) -> bool:
        with suppress(ClientError, OSError, TimeoutError, ValueError, KeyError):
            return await step()
        return False

    async def _announce(self) -> bool:
        answer = await self.phone.announce("简历.pdf", len(self.content), "application/pdf")
        self.file = (await answer.json())["id"]
        return answer.status == 201

    async def _append(self) -> bool:
        more = len(self.content) if self.hurried else SLICE_BYTES
        answer = await self.phone.append(self.file, self.told, self.content[self.told : self.told + more])
        if answer.status == 204:
            self.told, self.pieces = int(answer.headers["Upload-Offset"]), self.pieces + 1
        return answer.status == 204

    async def _look(self) -> bool:
        offset = await self.phone.offset(self.file)
        self.lost += offset < self.told
        self.told = offset
        return True


async def kept_in_s3(bench: Bench, program: tuple[str, ...] = PROGRAM) -> Found:
    """Uploads go on through every fault; then what came is read, written, copied, restored and erased."""
    async with (
        a_bucket(bench.folder) as (s3, bucket),
        bench.place() as place,
        a_show(bench, place=place, program=program, settings={"files_url": HERE}) as show,
        _site_of(show) as site,
    ):
        uploads = [Upload(one, a_large_pdf(FILE_BYTES)) for one in await _phones(show, site, bench.of(PHONES, SOME))]
        thanked = await _sent_through_faults(uploads, s3, bench.of(6, 2))
        unlike = [one for one in uploads if one.refused or await _read(site, show, one) != _sum(one.content)]
        seen = {
            "pieces": sum(one.pieces for one in uploads),
            "lost": sum(one.lost for one in uploads),
            "thanked without it": thanked,
            "files unlike what was sent": len(unlike),
            "exports not written": await _export(site, show),
            "objects not restored": await _restored(place, show, bucket, bench.folder),
            "in clear": len(
                clear := await _in_clear([bucket, bench.folder / "backups"], uploads, bench.folder / "clear")
            ),
        }
        audited = await show.audit()
        seen |= {
            "objects of the erased": await _erased(show, bucket),
            "unclear to doctor": await _examined(show, s3.url),
        }
    wrong = sum(count for what, count in seen.items() if what != "pieces")
    said = ", ".join(f"{count} {what}" for what, count in seen.items()) + "".join(f" ({name})" for name in clear)
    return Found(len(uploads), not wrong and audited.clean, f"{said}; audit {'clean' if audited.clean else audited}")


@asynccontextmanager
async def _site_of(show: Show) -> AsyncIterator[Site]:
    """People at the real server."""
    async with ClientSession(cookie_jar=DummyCookieJar()) as client:
        accounts, url = accounts_over(show.store), show.server.http_url
        yield Site(show.store, accounts, url, client, (), Taken(), CollectorRegistry())


async def _phones(show: Show, site: Site, count: int) -> Sequence[Applicant]:
    return [
        await applied(site, await site.viewer(show.broadcast), show.broadcast, phone=a_canary_phone(nth), job=show.job)
        for nth in range(count)
    ]


async def _sent_through_faults(uploads: Sequence[Upload], s3: Daemon, times: int) -> int:
    """How many pieces were acknowledged while nothing could be stored. Who is thanked too early may be done before."""
    thanked = 0

    def pieces() -> int:
        return sum(one.pieces for one in uploads)

    def all_sent() -> bool:
        return all(one.told == len(one.content) for one in uploads)

    async with asyncio.timeout(2 * PATIENCE_SECONDS + times * 30), asyncio.TaskGroup() as group:
        for one in uploads:
            group.create_task(one.run())
        for nth in range(times):
            wanted = pieces() + BETWEEN
            await until(lambda: pieces() >= wanted or all_sent())  # noqa: B023  # awaited in this round
            if all_sent():
                break
            if nth % 2:
                s3.freeze()
            else:
                await s3.kill()
            # What it had stored is acknowledged yet.
            await asyncio.sleep(0.5)
            before = pieces()
            await asyncio.sleep(AWAY_SECONDS)
            thanked += pieces() - before
            if nth % 2:
                s3.thaw()
            else:
                await s3.start()
        for one in uploads:
            one.hurried = True
    return thanked


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def _read(site: Site, show: Show, upload: Upload) -> str:
    recruiter = await a_recruiter(site, show.broadcast)
    application = upload.phone.path.split("/")[-2]
    return _sum(await bytes_of(site, f"/api/v1/desk/applications/{application}/files/{upload.file}", recruiter))


async def _export(site: Site, show: Show) -> int:
    organiser = await site.signed_in(await site.account(AccountRole.ORGANISER))
    wanted = {"scope": "broadcast", "format": "csv"}
    path = f"/api/v1/broadcasts/{show.broadcast}/exports"
    asked = await (await site.ask("POST", path, json=wanted, headers=organiser)).json()
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                answer = await site.ask("GET", f"/api/v1/exports/{asked['id']}/file", headers=organiser)
                if answer.status == 200:
                    return 0 if LISTED in await answer.text("utf-8-sig") else 1
                await asyncio.sleep(0.5)
    return 1


# ── copied, and taken away ────────────────────────────────────────────────────────────────────────────────────


async def _restored(place: Place, show: Show, bucket: Path, folder: Path) -> int:
    """How many of what lies in the store are not there again under the address that the other machine has."""
    environment = show.server.environment
    await done("backup", str(folder / "backups"), environment=environment)
    (backup,) = (path for path in (folder / "backups").iterdir() if (path / "manifest.json").exists())
    url = await place.empty_database()
    other = {**environment, "STREAM_JOBS_DATABASE_URL": url, "STREAM_JOBS_FILES_URL": THERE}
    await done("restore", str(backup), environment=other)
    here, there = (_objects(bucket / Path(address).name) for address in (HERE, THERE))
    return len(here.items() - there.items()) if here else 1


async def _in_clear(folders: Sequence[Path], uploads: Sequence[Upload], clear: Path) -> list[str]:
    """Files that hold something of what was sent or listed. Raises RuntimeError where a clear copy is not found."""
    middle = FILE_BYTES // 2
    signs = [b"%PDF-1.", LISTED.encode(), *(one.content[middle : middle + 32] for one in uploads)]
    await asyncio.to_thread(_copy_in_clear, uploads, clear)
    for sign in signs:
        if not await asyncio.to_thread(holding, [clear], [sign]):
            raise RuntimeError("the search through files finds nothing at all")
    await asyncio.to_thread(shutil.rmtree, clear)
    return await asyncio.to_thread(holding, folders, signs)


def _copy_in_clear(uploads: Sequence[Upload], clear: Path) -> None:
    clear.mkdir()
    (clear / "list").write_text(f"姓名,{LISTED}")
    for nth, one in enumerate(uploads):
        (clear / str(nth)).write_bytes(one.content)


def _objects(folder: Path) -> dict[str, str]:
    return {path.name: _sum(path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


async def _erased(show: Show, bucket: Path) -> int:
    """How many objects of somebody who was erased are left once the store was swept."""
    store = show.store
    async with store.database.transaction(store.org) as tx:
        person = await tx.fetchval("SELECT person_id FROM resume_file WHERE state = 'ready' ORDER BY id LIMIT 1")
        rows = await tx.fetch(
            "SELECT p.object_key FROM resume_file_part p JOIN resume_file f ON f.id = p.file_id WHERE f.person_id = $1",
            person,
        )
    theirs = {row["object_key"] for row in rows}
    if not theirs & _objects(bucket / "here").keys():
        return 1
    await store.actions.person.erase(store.org, person)
    await store.stores.work.enqueue(None, SweepFiles(), at=store.clock())
    with suppress(TimeoutError):
        await until(lambda: not theirs & {path.name for path in (bucket / "here").iterdir()}, PATIENCE_SECONDS)
    return len(theirs & _objects(bucket / "here").keys())


async def _examined(show: Show, endpoint: str) -> int:
    """How often `stream-jobs doctor` did not say what is wrong with the store."""
    faults: tuple[tuple[str, dict[str, str]], ...] = (
        ("written, read and deleted", {}),
        ("SignatureDoesNotMatch", {"AWS_SECRET_ACCESS_KEY": "another"}),
        ("NoSuchBucket", {"STREAM_JOBS_FILES_URL": "s3://nobody/here"}),
        ("cannot be written", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}),
    )
    return sum([not await _says(said, show, endpoint, wrong) for said, wrong in faults])


async def _says(said: str, show: Show, endpoint: str, wrong: dict[str, str]) -> bool:
    environment = {**show.server.environment, **reached(endpoint), **wrong}
    ended = await command("doctor", "--port", "0", "--json", environment=environment)
    findings = {one["what"]: one["said"] for one in json.loads(ended.printed)}
    return said in findings["store of files"]


async def thanked_early(bench: Bench) -> Found:
    """Pieces are acknowledged while the store is away, and are not there when the file is put together."""
    return await kept_in_s3(bench, EARLY_FILES)


DRILLS = (
    Drill(
        "files in S3",
        "No piece is acknowledged that the store has not; files, exports and copies are whole; the erased are gone",
        kept_in_s3, "thanks before the piece is stored", thanked_early, deadline_seconds=600,
    ),
)  # fmt: skip
