"""What PostgreSQL alone can do on this machine: pgbench with our own statements, and with one plain insert."""

import asyncio
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from storage.applications import BEGIN
from storage.counting import COUNT, STEPS
from storage.people import MAKE_PEOPLE
from storage.pool import SET_ORGANISATION, TENANT, Database
from storage.recognised import RECOGNISE
from storage.storing import STORE
from storage.terms import TERMS
from stream_jobs.bench.rig import Show
from stream_jobs.domain.consent import FIELDS, PURPOSE
from stream_jobs.domain.errors import DatabaseUnreachable
from stream_jobs.domain.events import Step
from stream_jobs.domain.ids import NO_CHANNEL, WHOLE_SHOW
from stream_jobs.embedded import find_binaries

CLIENTS = 64
DEVICES = 3_000
LARGEST = 10**15

PLAIN_TABLE = """
    CREATE TABLE bench_plain
        (id uuid PRIMARY KEY, broadcast_id uuid NOT NULL, phone text NOT NULL, at timestamptz NOT NULL)
"""
PLAIN = (
    f"\\set n random(1, {LARGEST})\n"
    "INSERT INTO bench_plain (id, broadcast_id, phone, at) "
    f"VALUES (lpad(to_hex(:n::bigint), 32, '0')::uuid, '{NO_CHANNEL}', '13800000001', '2026-11-21 06:00Z');\n"
)


async def prepare(database: Database, show: Show) -> None:
    """Devices that have opened the page, as those of the run over WebSocket have, and a table for the plain insert."""
    async with database.maintenance() as tx:
        await tx.execute(PLAIN_TABLE)
        await tx.execute(
            """
            WITH device AS (SELECT lpad(to_hex(n), 32, '0')::uuid AS id FROM generate_series(1, $3::integer) AS n),
            joined AS (
                INSERT INTO audience_member
                    (broadcast_id, org_id, viewer_id, first_channel_id, last_channel_id, first_at)
                SELECT $1, $2, id, $4, $4, '2026-11-21 06:00Z' FROM device
            )
            INSERT INTO reach (broadcast_id, viewer_id, card_id, org_id, steps, implied)
            SELECT $1, id, $5, $2, 1, 0 FROM device
            """,
            show.broadcast_id,
            show.org_id,
            DEVICES,
            NO_CHANNEL,
            WHOLE_SHOW,
        )


async def our_script(database: Database, show: Show) -> str:
    """One application as `submit` stores a batch of one, every statement of it, for a person nobody has met."""
    cards, employer = await _cards(database, show)
    jobs = _literal(show.jobs, "uuid")
    one = {
        "org": f"'{show.org_id}'::uuid",
        "broadcast": f"'{show.broadcast_id}'::uuid",
        "receipt": "lpad(to_hex(:n::bigint), 32, '0')::uuid",
        "person": "lpad(to_hex(:n::bigint), 32, '0')::uuid",
        "key": "lpad(to_hex(:n::bigint), 32, '0')::uuid",
        "viewer": "lpad(to_hex(:device::bigint), 32, '0')::uuid",
        "hmac": "decode(lpad(to_hex(:n::bigint), 64, '0'), 'hex')",
        "job": f"({jobs})[:job::integer]",
        "card": f"({_literal(cards, 'uuid')})[:job::integer]",
        "employer": f"'{employer}'::uuid",
        "at": "'2026-11-21 06:00Z'::timestamptz",
        "channel": f"'{NO_CHANNEL}'::uuid",
    }
    sealed = [f"decode(repeat('5a', {size}), 'hex')" for size in (60, 42, 32, 37)]
    lines = [
        f"\\set n random(1, {LARGEST})",
        f"\\set device random(1, {DEVICES})",
        f"\\set job random(1, {len(show.jobs)})",
        # All in one journey, or the hot row's lock would be held while the client is woken up.
        "\\startpipeline",
        "BEGIN",
        _filled(SET_ORGANISATION, [f"'{show.org_id}'", f"'{TENANT}'"]),
        _filled(BEGIN, [one["broadcast"]]),
        _filled(TERMS, [one["broadcast"], one["org"], _array(one["job"])]),
        _filled(
            RECOGNISE,
            [
                one["broadcast"],
                one["org"],
                *(_array(one[what]) for what in ("viewer", "key", "job", "hmac", "receipt")),
            ],
        ),
        _filled(
            MAKE_PEOPLE,
            [one["org"], one["at"], *(_array(part) for part in (one["person"], one["hmac"], sealed[0], sealed[1]))],
        ),
        _filled(STORE, _stored(one, sealed[2], sealed[3])),
        _filled(COUNT, _counted(one)),
        "COMMIT",
        "\\endpipeline",
    ]
    return "".join(line + ("\n" if line.startswith("\\") else ";\n") for line in lines)


def _stored(one: Mapping[str, str], mac: str, name: str) -> Sequence[str]:
    text = "decode(repeat('5b', 32), 'hex')"
    own = (one["receipt"], one["person"], one["viewer"], one["key"], mac, name, "NULL::bigint", one["channel"])
    return [
        one["broadcast"],
        one["org"],
        "1",
        *(_array(part) for part in (*own, one["channel"], one["receipt"], one["at"], "1::smallint")),
        *(_array(part) for part in (one["job"], one["card"], one["employer"], text)),
        _array("'示例·注塑有限公司'::text"),
        _array("'2027-11-21'::date"),
        *("'{}'" for _ in range(7)),
        _array("'我同意把手机号和称呼交给示例·注塑有限公司。'::text"),
        _literal(FIELDS, "text"),
        f"'{PURPOSE}'",
        "'测速 0000-1200000'",
        # As many hashes as a name of three characters has, and one of the phone's end.
        _array("'{1,2,3,4,5,' || (:n::bigint % 1000000) || '}'"),
    ]


def _counted(one: Mapping[str, str]) -> Sequence[str]:
    application = f"{int(Step.APPLICATION)}::smallint"
    hit = (one["viewer"], one["card"], application, one["channel"], one["channel"])
    return [
        one["broadcast"],
        one["org"],
        f"'{WHOLE_SHOW}'::uuid",
        str(int(Step.VISIT)),
        f"ARRAY{STEPS}",
        *(_array(part) for part in hit),
    ]


async def transactions_per_second(url: str, script: str, *, seconds: int, clients: int = CLIENTS) -> float:
    """By so many clients as fast as they can, with prepared statements. Raises DatabaseUnreachable."""
    with tempfile.TemporaryDirectory(prefix="stream-jobs-pgbench-") as folder:
        file = Path(folder) / "script.sql"
        file.write_text(script)
        program = find_binaries().postgres.with_name("pgbench")
        words = ["-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds), "-f", str(file)]
        process = await asyncio.create_subprocess_exec(
            program, *words, env=_where(url), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        said, complained = await process.communicate()
    found = re.search(r"tps = ([\d.]+)", said.decode())
    if process.returncode or not found:
        raise DatabaseUnreachable(f"pgbench: {complained.decode().strip().splitlines()[-1:]}")
    return float(found[1])


def _where(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    place = {
        "PGHOST": asked.get("host") or parts.hostname,
        "PGPORT": asked.get("port") or (str(parts.port) if parts.port else None),
        "PGUSER": parts.username,
        "PGPASSWORD": parts.password,
        "PGDATABASE": parts.path.lstrip("/"),
    }
    return dict(os.environ) | {name: value for name, value in place.items() if value}


async def _cards(database: Database, show: Show) -> tuple[Sequence[object], object]:
    """The cards of the show's jobs, and whose jobs they are."""
    async with database.transaction(show.org_id) as tx:
        rows = await tx.fetch(
            "SELECT c.job_id, c.id, j.employer_id FROM card c JOIN job j ON j.id = c.job_id WHERE c.broadcast_id = $1",
            show.broadcast_id,
        )
    by_job = {row["job_id"]: row["id"] for row in rows}
    return [by_job[job] for job in show.jobs], rows[0]["employer_id"]


def _filled(statement: str, values: Sequence[str]) -> str:
    """The statement on one line, its parameters replaced; pgbench has no arrays and no ids of its own."""
    plain = re.sub(r"--[^\n]*", "", statement)
    return " ".join(re.sub(r"\$(\d+)", lambda found: values[int(found[1]) - 1], plain).split())


def _array(value: str) -> str:
    return f"ARRAY[{value}]"


def _literal(values: Sequence[object], kind: str) -> str:
    return "ARRAY[" + ",".join(f"'{value}'" for value in values) + f"]::{kind}[]"
