"""Everything a show's report says, counted from the rows it was made of; a few rows in memory at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from storage import raw_rows
from storage.pool import Transaction
from storage.raw_rows import rows, together
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.domain.region import region_of as region_of_workplace
from stream_jobs.verify.applicants import Applicants
from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.devices import DEAD_AFTER, Devices, Known, Sum
from stream_jobs.verify.places import NOWHERE, SHOW, Figures
from stream_jobs.verify.presence import Span
from stream_jobs.verify.priorities import add_left, said_by
from stream_jobs.verify.stage import Told, tell

Row = Any
Progress = Callable[[int], None]
"""Told how many more devices or people were counted."""

EVERY = 1_000


def unheard(_: int) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where the report begins a stretch of time (the first has no begin), and where a step of its curve."""

    stretches: Sequence[datetime] = ()
    buckets: Sequence[datetime] = ()


@dataclass(frozen=True, slots=True)
class Recount:
    """figures by place; sums as step_count should be; and what is no figure but needed beside them.

    people: what became of each who applied; applied: for each application the person, card, employer and channel.
    """

    figures: Figures
    sums: Mapping[tuple[UUID, UUID, int], Sum]
    pace: Mapping[str, int]
    owners: Mapping[UUID, Mapping[UUID, int]]
    region_of: Mapping[UUID, int]
    people: Mapping[UUID, frozenset[str]]
    applied: Sequence[tuple[UUID, UUID, UUID, UUID]]
    show: Row
    cards: Mapping[UUID, Row]
    jobs: Mapping[UUID, Row]
    openings: Mapping[UUID, int | None]
    employer_of: Mapping[UUID, UUID]
    stage: Told
    on_air: Span | None
    channels: Sequence[Row]
    recruiters: frozenset[UUID]
    platform: Sequence[Row]


async def recount(
    tx: Transaction,
    broadcast_id: BroadcastId,
    at: datetime,
    cuts: Cuts,
    effective_seconds: int,
    priorities: Mapping[int, int],
    compared: Comparison,
    progress: Progress,
) -> Recount:
    """As of that time; rows that contradict each other are told to the comparison. priorities: what stands for each."""
    [show] = await rows(tx, raw_rows.SHOW, broadcast_id)
    cards = {row["id"]: row for row in await rows(tx, raw_rows.CARDS, broadcast_id)}
    jobs = {row["id"]: row for row in await rows(tx, raw_rows.JOBS, [card["job_id"] for card in cards.values()])}
    job_of = {id_: jobs[card["job_id"]] for id_, card in cards.items() if card["job_id"]}
    beats = {row["id"]: row["beat_at"] for row in await raw_rows.workers(tx)}
    on_air = _on_air(show, at)
    known = Known(
        at=at,
        on_air=on_air,
        employer_of={card: job["employer_id"] for card, job in job_of.items()},
        employers=frozenset(job["employer_id"] for job in job_of.values()),
        beats=beats,
        recorded=frozenset(row["id"] for row in await rows(tx, raw_rows.RECORDED, [broadcast_id])),
        applying=frozenset(row["viewer_id"] for row in await rows(tx, raw_rows.APPLYING, broadcast_id)),
        effective_seconds=effective_seconds,
        on_stage=show["on_stage"]["seq"] if show["on_stage"] else None,
        stretches=cuts.stretches,
    )
    figures = Figures()
    devices = await _devices(tx, broadcast_id, known, figures, cuts, compared, progress)
    region_of = {card: _region(job["workplace"]) for card, job in job_of.items()}
    said = await said_by(tx, broadcast_id, priorities)
    people = await _applicants(tx, broadcast_id, show, devices, cuts, said, region_of, progress)
    await add_left(tx, broadcast_id, priorities, figures)
    counted = Recount(
        figures=figures,
        sums=devices.sums,
        pace=people.pace(),
        owners=people.owners,
        region_of=region_of,
        people=people.people,
        applied=people.applied,
        show=show,
        cards=cards,
        jobs=jobs,
        openings={card: _openings(job) for card, job in job_of.items()},
        employer_of=known.employer_of,
        stage=tell(await rows(tx, raw_rows.STAGE, broadcast_id), on_air[1] if on_air else at),
        on_air=on_air,
        channels=await rows(tx, raw_rows.CHANNELS, broadcast_id),
        recruiters=frozenset(row["employer_id"] for row in await raw_rows.recruiters(tx)),
        platform=await rows(tx, raw_rows.PLATFORM, broadcast_id),
    )
    _tray(counted)
    _time(counted, known)
    await _deliveries(tx, broadcast_id, counted)
    for row in await rows(tx, raw_rows.QUESTIONS, broadcast_id):
        figures.add(("card", row["card_id"]), f"asked {row['kind']}")
    for row in await rows(tx, raw_rows.SCANS, broadcast_id):
        figures.add(("channel", row["channel_id"]), "scans", row["times"])
    for row in await rows(tx, raw_rows.ROOMS, broadcast_id):
        if row["worker_id"] in beats and beats[row["worker_id"]] > at - DEAD_AFTER:
            figures.add(SHOW, "watching", row["viewers"])
    compared.same(
        "rows", "applications and their events", "show",
        figures.of(SHOW, "application_events"), figures.of(SHOW, "applications"),
    )  # fmt: skip
    return counted


def _on_air(show: Row, at: datetime) -> Span | None:
    if show["started_at"] is None:
        return None
    return show["started_at"], max(show["started_at"], show["ended_at"] or at)


def _region(workplace: str) -> int:
    """The code of the city or province; behind all of them where none is named."""
    region = region_of_workplace(workplace)
    return int(region.code) if region else NOWHERE


def _openings(job: Row) -> int | None:
    """The upper end of a range, else the number of an “at least”."""
    named = job["headcount_max"] if job["headcount_max"] is not None else job["headcount_min"]
    return None if named is None else int(named)


# ── the two long streams ──────────────────────────────────────────────────────────────────────────────────────


async def _devices(
    tx: Transaction,
    broadcast_id: BroadcastId,
    known: Known,
    figures: Figures,
    cuts: Cuts,
    compared: Comparison,
    progress: Progress,
) -> Devices:
    devices, done = Devices(known, figures, compared), 0
    async for viewer, its in together(tx, broadcast_id, raw_rows.OF_DEVICES):
        devices.add(viewer, *its)
        done += 1
        if done % EVERY == 0:
            progress(EVERY)
    progress(done % EVERY)
    peak, when = devices.presence.peak()
    figures.put(SHOW, "peak", peak)
    if when:
        figures.latest(SHOW, "peak", when)
    figures.put(SHOW, "watched", devices.presence.devices)
    figures.put(SHOW, "watch_ms", devices.presence.milliseconds)
    for kind, starts in (("bucket", cuts.buckets), ("stretch", cuts.stretches)):
        # The stretch before the show has no begin of its own.
        for nth, highest in enumerate(devices.presence.highest(starts), start=1 if kind == "stretch" else 0):
            figures.put((kind, nth), "peak", highest)
    return devices


async def _applicants(
    tx: Transaction,
    broadcast_id: BroadcastId,
    show: Row,
    devices: Devices,
    cuts: Cuts,
    said: Mapping[UUID, frozenset[int]],
    region_of: Mapping[UUID, int],
    progress: Progress,
) -> Applicants:
    figures, handed = devices.figures, dict[UUID, datetime]()
    for row in await rows(tx, raw_rows.HAND_OVERS, broadcast_id):
        handed[row["employer_id"]] = max(row["at"], handed.get(row["employer_id"], row["at"]))
    for employer, at in handed.items():
        figures.latest(("employer", employer), "handed_over", at)
    people = Applicants(
        devices.known,
        figures,
        cuts.buckets,
        handed,
        show["started_at"],
        show["ended_at"],
        devices.came,
        said,
        region_of,
    )
    done = 0
    async for person, theirs in together(tx, broadcast_id, raw_rows.OF_PEOPLE):
        people.add(person, *theirs)
        done += 1
        if done % EVERY == 0:
            progress(EVERY)
    progress(done % EVERY)
    return people


# ── what is few ───────────────────────────────────────────────────────────────────────────────────────────────


def _tray(counted: Recount) -> None:
    """Cards and openings, of the show, each employer and each region."""
    figures, pushed = counted.figures, {push.card_id for push in counted.stage.pushes}
    figures.put(SHOW, "employers", len(set(counted.employer_of.values())))
    for card, row in counted.cards.items():
        is_job = row["kind"] == "job"
        figures.add(SHOW, "cards" if is_job else "policies")
        figures.add(SHOW, "presented" if is_job else "presented_policies", card in pushed)
        if is_job:
            employer, openings = ("employer", counted.employer_of[card]), counted.openings[card]
            for place in (SHOW, employer, ("region", counted.region_of[card])):
                figures.add(place, "openings", openings or 0)
            figures.add(SHOW, "unnumbered", openings is None)
            for place in (employer, ("region", counted.region_of[card])):
                figures.add(place, "cards")
                figures.add(place, "presented", card in pushed)


def _time(counted: Recount, known: Known) -> None:
    """How long the show and each card took, and what was presented in each stretch."""
    figures = counted.figures
    if counted.on_air:
        length = (counted.on_air[1] - counted.on_air[0]) // timedelta(microseconds=1)
        figures.put(SHOW, "on_air_seconds", length // 1_000_000)
        figures.put(SHOW, "on_air_ms", length // 1_000)
    for card, seconds in counted.stage.seconds.items():
        figures.put(("card", card), "on_stage_seconds", seconds)
    for push in counted.stage.pushes:
        figures.add(("card", push.card_id), "pushes")
    jobs = {card for card, row in counted.cards.items() if row["kind"] == "job"}
    for place, _ in {(known.stretch(p.at), p.card_id) for p in counted.stage.pushes if p.card_id in jobs}:
        figures.add(place, "presented")


async def _deliveries(tx: Transaction, broadcast_id: BroadcastId, counted: Recount) -> None:
    card_of = {push.seq: push.card_id for push in counted.stage.pushes}
    for row in await rows(tx, raw_rows.DELIVERIES, broadcast_id):
        for what in ("connected", "delivered"):
            counted.figures.add(("push", row["seq"]), what, row[what])
            if row["seq"] in card_of:
                counted.figures.add(("card", card_of[row["seq"]]), what, row[what])
