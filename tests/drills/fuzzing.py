"""Schemathesis over the whole API: nothing it sends breaks anything, and every answer is one the document names."""

import asyncio
import base64
import json
import re
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from aiohttp import ClientSession

from stream_jobs.bench.server import PROGRAM
from stream_jobs.domain.ids import EmployerId
from stream_jobs.ports import Account, AccountRole
from tests.builders import a_policy
from tests.drills.crowd import a_token
from tests.drills.drill import SEED, Bench, Drill, Found
from tests.drills.in_clear import keep_answer
from tests.drills.show import Show, a_show
from tests.report_builders import a_channel
from tests.site import PASSWORD, SYSTEM, accounts_over

PLANTED = ("-m", "tests.drills.wrong.planted")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance"
# They end the very session that the rest is asked with.
NOT_ASKED = "sign-out|sign-in"
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
SECONDS = 120
SOME = 3
THINGS = """
    SELECT (SELECT id FROM card WHERE broadcast_id = $1 AND job_id = $2) AS card_id,
        (SELECT employer_id FROM job WHERE id = $2) AS employer_id,
        (SELECT id FROM application WHERE broadcast_id = $1 AND job_id = $2 LIMIT 1) AS application_id,
        (SELECT series_id FROM broadcast WHERE id = $1) AS series_id
"""
Headers = Mapping[str, str]


async def fuzzed(bench: Bench, program: tuple[str, ...] = PROGRAM) -> Found:
    """As an organiser, a recruiter and a viewer, for a bounded time each; a control takes less to be found."""
    bench.quick |= program is PLANTED
    asked, failures = Counter[str](), Counter[str]()
    async with a_show(bench, program=program) as show:
        async with show.crowd(1):
            await show.ledger.grows_by(SOME)
        known = await _things(show)
        await asyncio.to_thread((bench.folder / "schemathesis.toml").write_text, _as_toml(known))
        for who, headers in (await _callers(show, known)).items():
            more, wrong = await _asked(show, bench, who, headers)
            asked, failures = asked + more, failures + wrong
        never = await _operations(show) - asked.keys()
        alive, found = await show.server.ready(), await show.audit()
    wrong_ones = "".join(f"; {count} × {what}" for what, count in failures.most_common(4))
    wrong_ones += "".join(f"; never asked: {what}" for what in sorted(never)[:4])
    said = f"{asked.total()} requests at {len(asked)} operations, {len(never)} never asked"
    kept = alive and found.clean and not failures and bool(asked) and not never
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


async def _things(show: Show) -> dict[str, UUID]:
    """What there is to ask about, by the name that paths have for it. Of other kinds of things ids are made up."""
    store = show.store
    channel = await a_channel(store, show.broadcast, "海报")
    policy = await a_policy(store)
    async with store.database.transaction(store.org) as tx:
        found = await tx.fetchrow(THINGS, show.broadcast, show.job)
    assert found
    own = {"broadcast_id": show.broadcast, "job_id": show.job, "channel_id": channel, "policy_id": policy}
    other = await _account(show, AccountRole.HOST, None)
    return {**own, **found, "account_id": other.id, "unit_id": UUID(str(store.org))}


def _as_toml(known: Mapping[str, UUID]) -> str:
    return "[parameters]\n" + "".join(f'"path.{name}" = "{id_}"\n' for name, id_ in known.items())


async def _account(show: Show, role: AccountRole, employer: EmployerId | None) -> Account:
    return await accounts_over(show.store).create_account(
        show.store.org, role=role, login=role.value, password=PASSWORD, name="员工", employer=employer, by=SYSTEM
    )


async def _callers(show: Show, known: Mapping[str, UUID]) -> dict[str, Headers]:
    employers = {AccountRole.ORGANISER: None, AccountRole.RECRUITER: EmployerId(known["employer_id"])}
    staff = {
        role.value: await _signed_in(show, await _account(show, role, employer)) for role, employer in employers.items()
    }
    return {**staff, "viewer": {"Authorization": f"Bearer {a_token(show.store, show.broadcast)}"}}


async def _signed_in(show: Show, account: Account) -> Headers:
    wanted = {"login": account.login, "password": PASSWORD}
    async with (
        ClientSession() as client,
        client.post(f"{show.server.http_url}/api/v1/sign-in", json=wanted) as response,
    ):
        return {"Cookie": f"session={response.cookies['session'].value}"}


async def _asked(show: Show, bench: Bench, who: str, headers: Headers) -> tuple[Counter[str], Counter[str]]:
    """How many requests were sent to each operation, and what was wrong with their answers."""
    report, known = bench.folder / f"{who}.ndjson", bench.folder / "schemathesis.toml"
    words = [
        *(
            "--config-file",
            str(known),
            "run",
            f"{show.server.http_url}/api/v1/openapi.json",
            "--checks",
            CHECKS,
            "--seed",
            str(SEED),
        ),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", str(bench.of(50, 5)), "--no-shrink"),
        *("--max-time", str(bench.of(SECONDS, 15)), "--continue-on-failure", "--exclude-path-regex", NOT_ASKED),
        *("--suppress-health-check", "all", "--request-timeout", "10", "--warnings", "off", "--no-color"),
        *("--report", "ndjson", "--report-ndjson-path", str(report)),
    ]
    words += [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", *words),
        cwd=bench.folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(bench.of(SECONDS, 15) + 120):
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
        fuzzed, "fails on ids that are none", lambda bench: fuzzed(bench, PLANTED), deadline_seconds=900,
    ),
)  # fmt: skip
