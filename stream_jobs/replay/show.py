"""One show of the season, played through the product's own actions; played twice it changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

from stream_jobs.domain.events import Signal, Watcher
from stream_jobs.domain.ids import BroadcastId, ChannelId, EmployerId, JobId, OrgId, WorkerId
from stream_jobs.ports import Delivered
from stream_jobs.replay import stage
from stream_jobs.replay.clock import Player
from stream_jobs.replay.crowd import Applying, Dice, Stay, Window, applying, signals, stays, watching
from stream_jobs.replay.season import ShowPlan

AT_ONCE = 2_000
WORKER = WorkerId(UUID("5ea50000-0000-4000-8000-00000000cafe"))
Progress = Callable[[int], None]
One = TypeVar("One")


async def play(player: Player, org_id: OrgId, plan: ShowPlan, of: Sequence[EmployerId], progress: Progress) -> None:
    """progress is told how many page loads are done."""
    show = await stage.show(player, org_id, plan, of)
    if stage.is_over(show):
        progress(plan.visits)
        return
    channels = await stage.channels(player, org_id, show.id, plan)
    windows = await stage.present(player, org_id, show.id, plan)
    await _Audience(player, org_id, show.id, plan, channels, windows).play(progress)
    await stage.finish(player, org_id, show.id, plan)


class _Audience:
    def __init__(
        self,
        player: Player,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        plan: ShowPlan,
        channels: Sequence[ChannelId],
        windows: Sequence[Window],
    ) -> None:
        self._player = player
        self._org_id = org_id
        self._id = broadcast_id
        self._windows = windows
        dice = Dice(f"season audience {plan.nth}")
        self._stays = stays(dice, plan, plan.starts_at, channels)
        self._applying = applying(dice, plan, self._stays, windows)
        self._said = signals(dice, self._stays, windows, self._applying)
        self._keys = [dice.id(one.at) for one in self._applying]

    async def play(self, progress: Progress) -> None:
        await self._deliver()
        await _by_parts(self._stays, self._visit, progress)
        await _by_parts(self._said, self._report, lambda _: None)
        await self._apply()

    async def _deliver(self) -> None:
        for window in self._windows:
            there = watching(self._stays, window.start)
            at = self._player.at(window.start).stage
            await at.record_deliveries(self._org_id, self._id, WORKER, [Delivered(window.seq, there, there)])

    async def _visit(self, part: Sequence[Stay]) -> None:
        audience = self._player.at(part[-1].came).watching
        await audience.visits(self._org_id, self._id, [(stay.watcher, stay.came) for stay in part])
        await audience.closed(
            [(self._org_id, self._id, stay.watcher.visit_id, WORKER, stay.came, stay.left) for stay in part]
        )

    async def _report(self, part: Sequence[tuple[Watcher, Signal]]) -> None:
        await self._player.at(part[-1][1].at).watching.record(self._org_id, self._id, part)

    async def _apply(self) -> None:
        jobs, texts = await self._terms()
        async with asyncio.TaskGroup() as group:
            for one, key in zip(self._applying, self._keys, strict=True):
                job = jobs[one.window.card_id]
                group.create_task(self._submit(one, key, job, texts[job]))

    async def _terms(self) -> tuple[dict[UUID, JobId], dict[JobId, str]]:
        """Which job a card is of; the text everyone agrees to that evening."""
        actions = self._player.at(self._windows[0].start)
        tray = await actions.stage.tray(self._org_id, self._id)
        jobs: dict[UUID, JobId] = {card.id: card.job.id for card in tray.cards if card.job}
        texts = {job: await actions.applying.consent(self._org_id, self._id, job) for job in jobs.values()}
        return jobs, {job: text.text_sha256 for job, text in texts.items()}

    async def _submit(self, one: Applying, key: UUID, job: JobId, text: str) -> None:
        await self._player.at(one.at).applying.submit(
            self._org_id,
            self._id,
            one.stay.watcher,
            key=key,
            job=job,
            phone=f"+861380000{one.person:04}",
            name=None,
            consent_sha256=text,
            push_seq=one.window.seq,
        )


async def _by_parts(
    things: Sequence[One], store: Callable[[Sequence[One]], Awaitable[None]], progress: Progress
) -> None:
    for start in range(0, len(things), AT_ONCE):
        part = things[start : start + AT_ONCE]
        await store(part)
        progress(len(part))
