"""Schemathesis over the whole API: nothing it sends breaks anything, and every answer is one the document names."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from aiohttp import ClientSession

from stream_jobs.bench.server import PROGRAM
from stream_jobs.ports import AccountRole
from tests.drills.crowd import a_token
from tests.drills.drill import SEED, Bench, Drill, Found
from tests.drills.show import Show, a_show
from tests.site import PASSWORD, SYSTEM, accounts_over

PLANTED = ("-m", "tests.drills.wrong.planted")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance"
# They end the very session that the rest is asked with.
NOT_ASKED = "sign-out|sign-in"
Headers = Mapping[str, str]


async def fuzzed(bench: Bench, program: tuple[str, ...] = PROGRAM) -> Found:
    """As an organiser and as a viewer, for a bounded time each; a control takes less to be found."""
    bench.quick |= program is PLANTED
    cases, failures = 0, Counter[str]()
    async with a_show(bench, program=program) as show:
        for who, headers in (await _callers(show)).items():
            more, wrong = await _asked(show, bench, who, headers)
            cases, failures = cases + more, failures + wrong
        alive, found = await show.server.ready(), await show.audit()
    wrong_ones = "".join(f"; {count} × {what}" for what, count in failures.most_common(4))
    kept = alive and found.clean and not failures and cases > 0
    return Found(cases, kept, f"{cases} requests, {failures.total()} answered wrongly{wrong_ones}")


async def _callers(show: Show) -> dict[str, Headers]:
    accounts = accounts_over(show.store)
    account = await accounts.create_account(
        show.store.org,
        role=AccountRole.ORGANISER,
        login="organiser",
        password=PASSWORD,
        name="组织者",
        employer=None,
        by=SYSTEM,
    )
    wanted = {"login": account.login, "password": PASSWORD}
    async with (
        ClientSession() as client,
        client.post(f"{show.server.http_url}/api/v1/sign-in", json=wanted) as response,
    ):
        session = response.cookies["session"].value
    return {
        "organiser": {"Cookie": f"session={session}"},
        "viewer": {"Authorization": f"Bearer {a_token(show.store, show.broadcast)}"},
    }


async def _asked(show: Show, bench: Bench, who: str, headers: Headers) -> tuple[int, Counter[str]]:
    """How many requests were sent, and what was wrong with their answers."""
    report, known = bench.folder / f"{who}.ndjson", bench.folder / "schemathesis.toml"
    await asyncio.to_thread(known.write_text, _things(show))
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
        *("--max-time", str(bench.of(120, 15)), "--continue-on-failure", "--exclude-path-regex", NOT_ASKED),
        *("--suppress-health-check", "all", "--request-timeout", "10", "--warnings", "off", "--no-color"),
        *("--report", "ndjson", "--report-ndjson-path", str(report)),
    ]
    words += [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", *words),
        cwd=bench.folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(bench.of(120, 15) + 120):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    (bench.folder / f"{who}.txt").write_bytes(said)
    return _read(report)


def _things(show: Show) -> str:
    """What there is to ask about: made-up ids name nothing, and are asked for in every other drill."""
    return f'[parameters]\n"path.broadcast_id" = "{show.broadcast}"\n"path.job_id" = "{show.job}"\n'


def _read(report: Path) -> tuple[int, Counter[str]]:
    """One line of the report is one operation in one phase, with every request and what was thought of its answer."""
    if not report.exists():
        return 0, Counter({"no report": 1})
    cases, wrong = 0, Counter[str]()
    for line in report.read_text().splitlines():
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        cases += len(recorder.get("interactions", {}))
        for check in (check for checks in recorder.get("checks", {}).values() for check in checks):
            if check["status"] != "success":
                wrong[f"{check['name']} at {recorder['label']}"] += 1
    return cases, wrong


DRILLS = (
    Drill(
        "fuzzing the API", "Whatever is sent, no answer is a 5xx, and each has a status and type the document names",
        fuzzed, "fails on ids that are none", lambda bench: fuzzed(bench, PLANTED), deadline_seconds=900,
    ),
)  # fmt: skip
