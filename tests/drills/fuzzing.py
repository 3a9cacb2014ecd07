"""Schemathesis over the whole API: nothing it sends breaks anything, and every answer is one the document names."""

import asyncio
import base64
import json
import re
import sys
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from stream_jobs.bench.server import PROGRAM
from stream_jobs.domain.ids import EmployerId
from stream_jobs.ports import Account, AccountRole
from tests.drills.crowd import a_token
from tests.drills.drill import SEED, Bench, Drill, Found
from tests.drills.in_clear import keep_answer
from tests.drills.show import Show, a_show
from tests.drills.things import Headers, things
from tests.site import PASSWORD, SYSTEM, accounts_over

PLANTED = ("-m", "tests.drills.wrong.planted")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance"
# They end the very session that the rest is asked with.
NOT_ASKED = "sign-out|sign-in"
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
SECONDS = 900
"""For what hangs, which breaks the drill off: how much is asked is counted, not timed."""
SOME = 3
ALL_PHASES = "examples,coverage,fuzzing"


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody who asks everything; known: the ids of what there is, as Schemathesis is told; else all are made up.

    only: of these paths, whatever the document says of each parameter, one by one.
    """

    who: str
    headers: Headers
    known: str = ""
    only: str = ""

    @property
    def name(self) -> str:
        return f"{self.who}-{'known' if self.known else 'made-up'}{'-only' if self.only else ''}"


async def fuzzed(bench: Bench, program: tuple[str, ...] = PROGRAM) -> Found:
    """As an organiser, a recruiter and a viewer, of what there is and what is not; a control takes less."""
    bench.quick |= program is PLANTED
    asked, failures = Counter[str](), Counter[str]()
    async with a_show(bench, program=program) as show:
        async with show.crowd(1):
            await show.ledger.grows_by(SOME)
        named = await _operations(show)
        askings = await _askings(show)
        for asking in askings:
            more, wrong = await _asked(show, bench, asking)
            asked, failures = asked + more, failures + wrong
        never, unknown = sorted(named - asked.keys()), _unknown(named, askings)
        alive, found = await show.server.ready(), await show.audit()
    wrong_ones = "".join(f"; {count} × {what}" for what, count in failures.most_common(4))
    wrong_ones += "".join(f"; never asked: {what}" for what in never[:4])
    wrong_ones += "".join(f"; no real {name} was known" for name in unknown)
    said = f"{asked.total()} requests at {len(asked)} operations, {len(never)} never asked"
    kept = alive and found.clean and not failures and bool(asked) and not never and not unknown
    return Found(asked.total(), kept, f"{said}; {failures.total()} answered wrongly{wrong_ones}; audit: {found}")


async def _operations(show: Show) -> set[str]:
    """Whatever the document names, but what is not asked."""
    async with ClientSession() as client, client.get(f"{show.server.http_url}/api/v1/openapi.json") as response:
        paths: dict[str, dict[str, object]] = (await response.json())["paths"]
    return {
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        if not re.search(NOT_ASKED, path)
        for method in methods.keys() & METHODS
    }


def _unknown(operations: Collection[str], askings: Sequence[Asking]) -> list[str]:
    """What a path can name and somebody who knows what there is does not."""
    names = {name for operation in operations for name in re.findall(r"{(\w+)}", operation)}
    told = [asking.known for asking in askings if asking.known]
    return sorted(name for name in names if any(f'"path.{name}"' not in known for known in told))


async def _askings(show: Show) -> list[Asking]:
    """Each has things of their own, made before anybody asks: an organiser may end the show and delete all else."""
    async with show.store.database.transaction(show.store.org) as tx:
        employer = EmployerId(await tx.fetchval("SELECT employer_id FROM job WHERE id = $1", show.job))
    organiser, recruiter, host = [
        await _account(show, role, employer if role is AccountRole.RECRUITER else None)
        for role in (AccountRole.ORGANISER, AccountRole.RECRUITER, AccountRole.HOST)
    ]
    signed_in = await _signed_in(show, organiser)
    of = [await things(show, nth, signed_in, organiser, host) for nth in range(3)]
    viewer = {"Authorization": f"Bearer {a_token(show.store, show.broadcast, watcher=of[2].device)}"}
    callers = {"organiser": signed_in, "recruiter": await _signed_in(show, recruiter), "viewer": viewer}
    # Of pieces of files no whole request is made up, only parts of one.
    return [Asking("viewer", viewer, of[2].as_toml(), only="/files/")] + [
        Asking(who, headers, known)
        for (who, headers), those in zip(callers.items(), of, strict=True)
        for known in (those.as_toml(), "")
    ]


async def _account(show: Show, role: AccountRole, employer: EmployerId | None) -> Account:
    return await accounts_over(show.store).create_account(
        show.store.org, role=role, login=role.value, password=PASSWORD, name="员工", employer=employer, by=SYSTEM
    )


async def _signed_in(show: Show, account: Account) -> Headers:
    wanted = {"login": account.login, "password": PASSWORD}
    async with (
        ClientSession() as client,
        client.post(f"{show.server.http_url}/api/v1/sign-in", json=wanted) as response,
    ):
        return {"Cookie": f"session={response.cookies['session'].value}"}


async def _asked(show: Show, bench: Bench, asking: Asking) -> tuple[Counter[str], Counter[str]]:
    """How many requests were sent to each operation, and what was wrong with their answers."""
    report, known = bench.folder / f"{asking.name}.ndjson", bench.folder / f"{asking.name}.toml"
    await asyncio.to_thread(known.write_text, asking.known)
    # What the document says of each parameter is tried one by one as well, once: that asks for any id.
    phases = "coverage" if asking.only else "examples,fuzzing" if bench.quick or not asking.known else ALL_PHASES
    words = [
        *("--config-file", str(known), "run", f"{show.server.http_url}/api/v1/openapi.json"),
        *("--checks", CHECKS, "--seed", str(SEED), "--phases", phases, "--max-examples", str(bench.of(10, 3))),
        *("--no-shrink", "--continue-on-failure", "--exclude-path-regex", NOT_ASKED),
        *("--suppress-health-check", "all", "--request-timeout", "10", "--warnings", "off", "--no-color"),
        *("--report", "ndjson", "--report-ndjson-path", str(report)),
    ]
    words += ["--include-path-regex", asking.only] if asking.only else []
    words += [word for name, value in asking.headers.items() for word in ("-H", f"{name}: {value}")]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", *words),
        cwd=bench.folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(SECONDS):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
    asked, wrong = _read(report)
    # Staff are told names and numbers in clear where that is recorded: the report has those answers too.
    report.unlink(missing_ok=True)
    return asked, wrong


def _read(report: Path) -> tuple[Counter[str], Counter[str]]:
    """One line of the report is one operation in one phase, with every request and what was thought of its answer."""
    if not report.exists():
        return Counter(), Counter({"no report": 1})
    asked, wrong = Counter[str](), Counter[str]()
    for line in report.read_text().splitlines():
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        for interaction in recorder.get("interactions", {}).values():
            asked[recorder["label"]] += 1
            _keep_if_refused(interaction.get("response") or {})
        for check in (check for checks in recorder.get("checks", {}).values() for check in checks):
            if check["status"] != "success":
                wrong[f"{check['name']} at {recorder['label']}"] += 1
    return asked, wrong


def _keep_if_refused(response: dict[str, Any]) -> None:
    if response.get("status_code", 0) >= 400 and (content := response.get("content")):
        keep_answer(base64.b64decode(content["$base64"]).decode(errors="replace"))


DRILLS = (
    Drill(
        "fuzzing the API", "Whatever is sent, no answer is a 5xx, and each has a status and type the document names",
        fuzzed, "fails on ids that are none", lambda bench: fuzzed(bench, PLANTED), deadline_seconds=1_800,
    ),
)  # fmt: skip
