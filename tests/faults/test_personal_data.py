"""Personal data stays put: canary names, numbers and résumés go in every way there is, and are then looked for."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientResponse, ClientSession, DummyCookieJar
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from stream_jobs.bench.server import Server, environment_of
from stream_jobs.embedded import find_postgres_program
from tests.faults.talkative import LOUD
from tests.job_workbooks import a_row, a_workbook
from tests.program import done

ANSWER_SECONDS = 30.0
# Whoever applies: what they say is read by their own employer alone, and lies nowhere in clear.
APPLICANTS = ("13812345678", "欧阳金丝雀", "13887654321", "上官知更鸟", "金丝雀工厂三年")
# What is typed where it does not belong: it is never said again.
MISTYPED = ("13866668888", "慕容杜鹃")
# A title is nobody's secret: it must be found, or the search finds nothing at all.
CONTROL = "就业暖心季对照专场"
# The server with one thing wrong, so that one number must be found in its log.
PROGRAM = str(Path(__file__).with_name("talkative.py"))
PASSWORD = "correct horse"


@dataclass
class Heard:
    """Everything the server said to those who may not know."""

    said: list[bytes] = field(default_factory=list)

    async def note(self, response: ClientResponse) -> Any:
        """Keeps the whole answer, and returns it as JSON where it is JSON."""
        body = await response.read()
        self.said += [body, str(response.headers).encode()]
        return json.loads(body) if "json" in response.content_type else None


@dataclass
class Site:
    base: str
    socket: str
    ops: str
    client: ClientSession
    heard: Heard
    organiser: Mapping[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, *, json: object = None, data: object = None, **headers: str) -> Any:
        """As the organiser; other headers are somebody else's."""
        who = {name.replace("_", "-"): value for name, value in headers.items()} or dict(self.organiser)
        async with self.client.request(method, self.base + path, json=json, data=data, headers=who) as response:
            return await self.heard.note(response)

    async def clear(self, path: str, body: object) -> bytes:
        """What may be said in clear, to whom it was recorded to be said."""
        async with self.client.post(self.base + path, json=body, headers=self.organiser) as response:
            assert response.status == 200, await response.text()
            return await response.read()


def _environment(temporary: Path) -> dict[str, str]:
    """Temporary files go where they can be looked through."""
    return environment_of({}) | {"TMPDIR": str(temporary)}


@asynccontextmanager
async def a_running(data: Path, log: Path, *, temporary: Path) -> AsyncIterator[Site]:
    """`stream-jobs serve` on a data folder of its own, all it says written to log."""
    server = Server([sys.executable, PROGRAM, "serve", "--data", str(data)], _environment(temporary), log)
    await server.start()
    try:
        async with ClientSession(cookie_jar=DummyCookieJar()) as client:
            yield Site(server.http_url, server.socket_url, server.ops_url, client, Heard())
    finally:
        await server.stop()


async def _make_organiser(data: Path) -> None:
    await done(
        *("create-account", "--login", "organiser", "--name", "示例组织者", "--password-stdin"),
        *("--organisation", "示例县人力资源和社会保障局", "--data", str(data)),
        typed=f"{PASSWORD}\n",
    )


@dataclass(frozen=True)
class Show:
    """A live show with one job, and a viewer who is let in."""

    path: str
    broadcast: UUID
    job: UUID
    employer: UUID
    consent: str
    bearer: str

    def application(self, phone: str, name: str) -> dict[str, object]:
        return {
            "key": str(uuid4()),
            "job_id": str(self.job),
            "contact": {"phone": phone, "name": name},
            "consent": {"text_sha256": self.consent},
        }


async def _sign_in(site: Site) -> None:
    wanted = {"login": "organiser", "password": PASSWORD}
    async with site.client.post(f"{site.base}/api/v1/sign-in", json=wanted) as response:
        site.organiser = {"Cookie": f"session={response.cookies['session'].value}"}


async def _a_show(site: Site) -> Show:
    employer = (await site.ask("POST", "/api/v1/employers", json={"name": "示例·星河电子"}))["id"]
    await site.ask("POST", f"/api/v1/employers/{employer}/verify", json={})
    wanted = {"employer_id": employer, "title": "普工", "pay_text": "5500-7000元/月", "workplace": "东莞长安"}
    job = (await site.ask("POST", "/api/v1/jobs", json=wanted))["id"]
    made = {"title": CONTROL, "starts_at": "2026-11-28T14:00:00+08:00", "tray": {"jobs": [job]}}
    broadcast = (await site.ask("POST", "/api/v1/broadcasts", json=made))["id"]
    path = f"/api/v1/broadcasts/{broadcast}"
    consent = (await site.ask("GET", f"{path}/consent?job_id={job}"))["text_sha256"]
    token = (await site.ask("POST", f"{path}/connection-token", json={"visit_id": str(uuid4())}))["token"]
    return Show(path, UUID(broadcast), UUID(job), UUID(employer), consent, token)


async def _apply_in_every_way(site: Site, show: Show) -> UUID:
    """By the socket and by HTTP, with a résumé, twice, taken back; and staff for somebody else."""
    first, name, second, other_name, resume = APPLICANTS
    bearer = {"Authorization": f"Bearer {show.bearer}"}
    told = await site.ask("POST", f"{show.path}/applications", json=show.application(first, name), **bearer)
    one = f"{show.path}/applications/{told['application_id']}"
    async with site.client.put(f"{site.base}{one}/resume", json={"experience": resume}, headers=bearer) as saved:
        assert saved.status == 204
    await site.ask("POST", f"{show.path}/applications", json=show.application(first, name), **bearer)
    await site.ask("GET", f"{show.path}/applications/mine", **bearer)
    async with connect(site.socket) as socket:
        await socket.send(json.dumps({"id": 1, "connect": {"token": show.bearer}}))
        for number, call in enumerate((show.application(first, name), {"contact": first}, {"phone": name}), start=2):
            await socket.send(json.dumps({"id": number, "rpc": {"method": "apply", "data": call}}))
        await socket.send(json.dumps({"id": 9, "rpc": {"method": "mine"}}))
        await _listen(site, socket, until=9)
    recorded = {"job_id": str(show.job), "contact": {"phone": second, "name": other_name}, "consent_given": "in_person"}
    key = {**site.organiser, "Idempotency-Key": str(uuid4())}
    await site.ask("POST", f"{show.path}/staff-applications", json=recorded, **key)
    return UUID(told["application_id"])


async def _apply_aloud(site: Site, show: Show) -> None:
    bearer = {"Authorization": f"Bearer {show.bearer}"}
    await site.ask("POST", f"{show.path}/applications", json=show.application(LOUD, "鸣人"), **bearer)


async def _listen(site: Site, socket: Any, *, until: int) -> None:
    """Keeps everything that is said up to the reply of that number."""
    answered = False
    while not answered:
        async with asyncio.timeout(ANSWER_SECONDS):
            text = str(await socket.recv())
        site.heard.said.append(text.encode())
        answered = any(json.loads(line).get("id") == until for line in text.split("\n"))


async def _mistype(site: Site, show: Show) -> None:
    """Numbers and names where they do not belong: bodies, fields, paths, queries, headers, frames, a workbook."""
    phone, name = MISTYPED
    bearer = {"Authorization": f"Bearer {show.bearer}"}
    apply = f"{show.path}/applications"
    good = show.application(f"{phone}99999", name)
    for body in (
        good,
        {**good, name: phone},
        {**good, "contact": {"phone": phone, "name": name * 40}},
        {**good, "contact": phone},
        {**good, "job_id": name},
        {**good, "contact": {"phone": [phone], "name": {name: name}}},
        [phone, name],
    ):
        await site.ask("POST", apply, json=body, **bearer)
    await site.ask("POST", apply, data=f'{{"contact": "{phone}"'.encode(), Content_Type="application/json", **bearer)
    await site.ask("GET", f"/api/v1/broadcasts/{phone}")
    await site.ask("GET", f"/b/{phone}")
    await site.ask("GET", f"{show.path}/applications?employer_id={phone}&{name}={name}")
    await site.ask("POST", "/api/v1/sign-in", json={"login": phone, "password": name})
    await site.ask("GET", "/api/v1/me", Authorization=f"Bearer {phone}", Cookie=f"session={phone}")
    await site.ask("POST", f"{show.path}/push", json={"card_id": phone}, **site.organiser, Idempotency_Key=phone)
    rows = (a_row(title="", phone=phone, requirements=name), a_row(headcount=name, phone=phone))
    await site.ask("POST", f"/api/v1/imports?name={name}.bin", data=a_workbook(*rows)[:500])
    for frame in (f'{{"id":1,"connect":{{"token":"{phone}"}}}}', f"{phone} {name}"):
        async with connect(site.socket) as socket:
            await socket.send(frame)
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
            site.heard.said.append(str(closed.value).encode())


async def _tell_staff(site: Site, show: Show, application: UUID) -> None:
    """What organisers see every day is masked; in clear they have it by two recorded acts alone."""
    for path in ("applications", "desk", "report", "report.csv?part=cards", "hand-overs", "tray-cards"):
        await site.ask("GET", f"{show.path}/{path}")
    revealed = await site.clear(f"/api/v1/applications/{application}/reveal", {"purpose": "contact"})
    wanted = {"employer_id": str(show.employer), "purpose": "联系应聘者", "receiver": "招聘部"}
    handed = await site.clear(f"{show.path}/hand-overs", wanted)

    assert json.loads(revealed) == {"name": APPLICANTS[1], "phone": APPLICANTS[0]}
    assert handed.startswith(b"PK")


def _found(canaries: tuple[str, ...], texts: Mapping[str, bytes]) -> set[tuple[str, str]]:
    """(where, what), as it is, as JSON or an address escapes it, and as Windows writes it."""
    return {
        (where, canary)
        for where, text in texts.items()
        for canary in canaries
        for form in (
            canary.encode(),
            json.dumps(canary)[1:-1].encode(),
            canary.encode("utf-16-le"),
            canary.encode().hex().encode(),
            "".join(f"%{byte:02X}" for byte in canary.encode()).encode(),
        )
        if form in text
    }


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def _as_sql(dump: Path) -> bytes:
    """A dump is compressed: this is what it says."""
    process = await asyncio.create_subprocess_exec(
        *(find_postgres_program("pg_restore"), "--file=-", dump), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    return said


async def _command(data: Path, temporary: Path, *words: str) -> bytes:
    """What a command says, while the server runs beside it."""
    ended = await done(*words, "--data", str(data), environment=_environment(temporary))
    return (ended.printed + ended.complained).encode()


async def test_what_people_say_of_themselves_is_found_nowhere_but_where_it_is_told(tmp_path: Path) -> None:
    """Not in a log, an error, a metric or a masked answer; not in the files of PostgreSQL, Valkey or a backup, nor in
    what was put away for a moment; not in what the commands say. The control: a number that is logged is found there.
    """
    data, log, temporary, copy = (tmp_path / name for name in ("data", "server.log", "temporary", "copy"))
    temporary.mkdir(mode=0o1777)
    await _make_organiser(data)
    async with a_running(data, log, temporary=temporary) as site:
        await _sign_in(site)
        show = await _a_show(site)
        await site.ask("POST", f"{show.path}/start", json={}, **site.organiser, Idempotency_Key=str(uuid4()))
        application = await _apply_in_every_way(site, show)
        await _apply_aloud(site, show)
        await _mistype(site, show)
        await _tell_staff(site, show, application)
        async with site.client.get(f"{site.ops}/metrics") as response:
            metrics = await response.read()
        commands = [
            await _command(data, temporary, *words)
            for words in (
                ("audit", "verify"),
                ("keys", "check"),
                ("keys", "rotate"),
                ("backup", str(tmp_path / "copy")),
            )
        ]
        left_over = _files(temporary)

    everyone = (*APPLICANTS, *MISTYPED)
    texts = _files(data) | {f"temporary/{name}": text for name, text in {**left_over, **_files(temporary)}.items()}
    texts |= {f"backup/{name}": text for name, text in _files(copy).items()}
    texts |= {"its log": log.read_bytes(), "metrics": metrics, "answers": b"\n".join(site.heard.said)}
    texts["commands"] = b"\n".join(commands)
    texts |= {f"backup/{path.name} as SQL": await _as_sql(path) for path in copy.rglob("*.dump")}
    assert {"postgres", "valkey"} <= {name.partition("/")[0] for name in texts}
    assert b"/applications status=422" in texts["its log"]
    assert {where.partition("/")[0] for where, _ in _found((CONTROL,), texts)} == {"postgres", "answers", "backup"}
    assert _found((*everyone, LOUD), texts) == {("its log", LOUD)}
