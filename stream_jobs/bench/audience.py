"""`stream-jobs bench audience`: how fast what viewers do is stored and counted, and how fast figures are read."""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import asyncpg

from storage.cuts import CutStore
from storage.migrate import migrate
from storage.objects import open_objects
from storage.pool import Database, open_database
from storage.series_reports import SeriesReportStore
from storage.stores import Stores
from stream_jobs.bench.cpu import cpu_seconds, family, parent
from stream_jobs.bench.crowds import EVENTS_PER_VISIT, in_series, past_crowd
from stream_jobs.bench.rig import RETENTION_DAYS, Show, a_show, another_show
from stream_jobs.bench.writing import EVENTS_A_VIEWER
from stream_jobs.domain.ids import SeriesId, uuid7
from stream_jobs.embedded import embedded_servers
from stream_jobs.keys import load_keys
from stream_jobs.ports.series import ShowsOf

WRITERS = 4
CARDS = 35
EMPLOYERS = 12
SERIES_SHOWS = 54
READINGS = 9
# Of what takes seconds, each by a store that has kept nothing.
FIRST_READINGS = 3
ROWS = "SELECT count(*) FROM reach WHERE broadcast_id = ANY($1)"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: events written by the writers, events of the two shows read, visits of each of 54 shows."""

    events: int
    report_events: int
    report_events_10x: int
    series_visits: int
    series_shows: int = SERIES_SHOWS


SMALL = Plan(events=120_000, report_events=100_000, report_events_10x=1_000_000, series_visits=1_000)
FULL = Plan(events=600_000, report_events=1_000_000, report_events_10x=10_000_000, series_visits=18_704)


@dataclass(frozen=True, slots=True)
class Figures:
    """Times of reading are medians; report_events says of how many events a report was, series_visits of how many.

    days_ms, lines_ms: the first time, as after a start, of so many rows of reach.
    """

    events_per_s: float
    bytes_per_event: float
    report_ms: float
    series_ms: float
    days_ms: float
    lines_ms: float
    report_ms_10x: float
    writer_cpu_us: float
    database_cpu_us: float
    report_events: int
    report_events_10x: int
    series_shows: int
    series_visits: int
    reach_rows: int
    seal_s: float
    seal_s_10x: float
    lost: int

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Place:
    """A database of its own, with a way past the stores to fill it in bulk."""

    url: str
    database: Database
    stores: Stores
    bulk: "asyncpg.Connection[asyncpg.Record]"
    postmaster: int


async def measure(plan: Plan) -> Figures:
    with tempfile.TemporaryDirectory(prefix="stream-jobs-bench-") as name:
        folder = Path(name)
        async with embedded_servers(folder) as servers:
            await migrate(servers.database_url)
            async with open_database(servers.database_url, size=4) as database:
                keys, objects = load_keys(folder / "keys"), open_objects(folder / "files", None)
                stores = Stores(database, keys, objects, retention_days=RETENTION_DAYS)
                bulk = await asyncpg.connect(servers.database_url)
                try:
                    await bulk.execute("SELECT set_config('app.maintenance', 'on', false)")
                    postmaster = parent(await bulk.fetchval("SELECT pg_backend_pid()"))
                    await stores.upkeep.make_months(datetime.now(UTC))
                    return await _measured(Place(servers.database_url, database, stores, bulk, postmaster), plan)
                finally:
                    await bulk.close()


async def _measured(place: Place, plan: Plan) -> Figures:
    written = await _write(place, plan.events)
    small = await _report(place, plan.report_events)
    large = await _report(place, plan.report_events_10x)
    series = await _series(place, plan.series_shows, plan.series_visits)
    return Figures(
        events_per_s=round(written.events / written.seconds, 1),
        bytes_per_event=round(written.bytes / written.events, 1),
        report_ms=small.milliseconds,
        series_ms=series.series_ms,
        days_ms=series.days_ms,
        lines_ms=series.lines_ms,
        report_ms_10x=large.milliseconds,
        writer_cpu_us=round(written.writer_cpu / written.events * 1e6, 1),
        database_cpu_us=round(written.database_cpu / written.events * 1e6, 1),
        report_events=small.events,
        report_events_10x=large.events,
        series_shows=plan.series_shows,
        series_visits=plan.series_visits * plan.series_shows,
        reach_rows=series.reach_rows,
        seal_s=small.seal_seconds,
        seal_s_10x=large.seal_seconds,
        lost=written.lost,
    )


# ── storing and counting ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Written:
    """lost: events that are not there, or in no sum, though their writer was told that they are."""

    events: int
    seconds: float
    bytes: int
    writer_cpu: float
    database_cpu: float
    lost: int


async def _write(place: Place, events: int) -> Written:
    show = await a_show(place.stores, CARDS, "测速", employers=EMPLOYERS)
    rows = await place.bulk.fetch("SELECT id FROM card WHERE broadcast_id = $1 ORDER BY number", show.broadcast_id)
    task = {
        "url": place.url,
        "org": str(show.org_id),
        "show": str(show.broadcast_id),
        "cards": " ".join(str(row["id"]) for row in rows),
        "viewers": round(events / WRITERS / EVENTS_A_VIEWER),
    }
    writers = [await _writer(task) for _ in range(WRITERS)]
    await asyncio.gather(*(_line(writer) for writer in writers))
    size, cpu = await _size(place), cpu_seconds(family(place.postmaster))
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"go\n")
        await writer.stdin.drain()
    said = await asyncio.gather(*(_line(writer) for writer in writers))
    used = cpu_seconds(family(place.postmaster)) - cpu
    await asyncio.gather(*(writer.wait() for writer in writers))
    stored = sum(int(one["events"]) for one in said)
    return Written(
        events=stored,
        seconds=max(one["ended"] for one in said) - min(one["began"] for one in said),
        bytes=await _size(place) - size,
        writer_cpu=sum(one["cpu_seconds"] for one in said),
        database_cpu=used,
        lost=stored - await _counted(place, show),
    )


async def _writer(task: dict[str, object]) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "stream_jobs.bench.writing",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(task).encode() + b"\n")
    return process


async def _line(process: asyncio.subprocess.Process) -> dict[str, float]:
    assert process.stdout is not None
    found: dict[str, float] = json.loads(await process.stdout.readline())
    return found


async def _size(place: Place) -> int:
    """Bytes of what an event adds to, indexes and all."""
    return int(
        await place.bulk.fetchval(
            """
            SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c
            WHERE c.relname IN ('reach', 'step_count') OR c.relname LIKE 'audience_event%' AND c.relkind = 'r'
            """
        )
    )


async def _counted(place: Place, show: Show) -> int:
    """Events that are stored and in the sums of the whole show."""
    stored = "SELECT count(*) FROM audience_event WHERE broadcast_id = $1 AND step <> 'visit' AND fraud IS NULL"
    summed = """
        SELECT sum(events)::bigint FROM step_count
        WHERE broadcast_id = $1 AND step BETWEEN 2 AND 8 AND card_id = '00000000-0000-0000-0000-000000000000'
    """
    return min([int(await place.bulk.fetchval(sql, show.broadcast_id)) for sql in (stored, summed)])


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Read:
    events: int
    milliseconds: float
    seal_seconds: float


async def _report(place: Place, events: int) -> Read:
    show = await a_show(place.stores, CARDS, "测速", employers=EMPLOYERS)
    now = datetime.now(UTC)
    ended_at = now - timedelta(hours=2)
    stored = await past_crowd(place.bulk, show, visits=round(events / EVENTS_PER_VISIT), ended_at=ended_at)
    await place.bulk.execute("VACUUM ANALYZE")
    began = time.monotonic()
    await place.stores.presence.seal(now)
    sealed = time.monotonic()
    took = await _median_ms(lambda: place.stores.reports.report(show.org_id, show.broadcast_id, now))
    return Read(stored, took, round(sealed - began, 1))


@dataclass(frozen=True, slots=True)
class Together:
    """Of all shows of a series: by its sums; as a report of days, which has none; by job, employer, place, channel."""

    series_ms: float
    days_ms: float
    lines_ms: float
    reach_rows: int


async def _series(place: Place, count: int, visits: int) -> Together:
    now = datetime.now(UTC)
    series = SeriesId(uuid7(now))
    first = await a_show(place.stores, CARDS, "测速", employers=EMPLOYERS)
    shows = [
        first,
        *[await another_show(place.stores, first.org_id, first.jobs, "测速") for _ in range(count - 1)],
    ]
    for nth, show in enumerate(shows):
        await past_crowd(place.bulk, show, visits=visits, ended_at=now - timedelta(days=nth, hours=2))
    await in_series(place.bulk, shows, series)
    await place.bulk.execute("VACUUM ANALYZE")
    await place.stores.presence.seal(now)
    org, days = first.org_id, ShowsOf(series, until=now.date() + timedelta(days=1))
    return Together(
        series_ms=await _median_ms(lambda: place.stores.series.report(org, ShowsOf(series), now)),
        days_ms=await _median_ms(lambda: SeriesReportStore(place.database).report(org, days, now), FIRST_READINGS),
        lines_ms=await _median_ms(lambda: CutStore(place.database).cuts(org, days, now), FIRST_READINGS),
        reach_rows=await place.bulk.fetchval(ROWS, [show.broadcast_id for show in shows]),
    )


async def _median_ms(read: Callable[[], Awaitable[object]], readings: int = READINGS) -> float:
    took = []
    for _ in range(readings):
        began = time.perf_counter()
        await read()
        took.append(time.perf_counter() - began)
    return round(median(took) * 1000, 1)
