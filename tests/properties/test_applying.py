"""Whatever people do with the button, one person's application for one job is one, and every figure says so."""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stream_jobs.domain.errors import KeyReused
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import BroadcastId, JobId, ReceiptId
from stream_jobs.ports import Receipt
from tests.builders import Store, a_broadcast, a_phone, a_visit, batching, jobs_of
from tests.clients import eventually
from tests.report_builders import raw_rows, recounted, told

DEVICES = 3
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["apply", "apply", "apply", "retry", "drop", "edit", "borrow", "withdraw"]),
        st.integers(0, DEVICES - 1),
        st.integers(1, 3),
        st.integers(0, 1),
    ),
    min_size=4,
    max_size=10,
)


@dataclass(frozen=True)
class Said:
    """What a device sent under a key."""

    key: UUID
    job: JobId
    phone: str
    name: str = "王师傅"


@dataclass
class Device:
    """A phone and what it remembers: what it said, and what it was told for each key."""

    watcher: Watcher
    said: list[Said] = field(default_factory=list)
    answers: dict[UUID, ReceiptId] = field(default_factory=dict)


@dataclass
class Applicants:
    """Devices that share three telephone numbers, and the applications that must exist by now."""

    store: Store
    broadcast: BroadcastId
    jobs: list[JobId]
    consents: dict[JobId, str]
    devices: list[Device]
    applied: set[tuple[JobId, str]] = field(default_factory=set)

    async def do(self, what: str, device: Device, phone: str, job: JobId) -> None:
        match what:
            case "apply":
                await self._say(device, Said(uuid4(), job, phone))
            case "borrow":
                # A key is a device's own: another's under the same key is another application.
                key = next((said.key for other in self.devices if other is not device for said in other.said), uuid4())
                if all(said.key != key for said in device.said):
                    await self._say(device, Said(key, job, phone))
            case "drop":
                await self._drop(device, Said(uuid4(), job, phone))
            case "retry" if device.said:
                await self._say(device, device.said[-1])
            case "edit" if device.said:
                await self._edit(device, device.said[-1])
            case "withdraw" if device.answers:
                await self._withdraw(device)

    async def _submit(self, device: Device, said: Said) -> Receipt:
        return await self.store.actions.applying.submit(
            self.store.org, self.broadcast, device.watcher, key=said.key, job=said.job, phone=said.phone,
            name=said.name, consent_sha256=self.consents[said.job], push_seq=None,
        )  # fmt: skip

    async def _say(self, device: Device, said: Said) -> None:
        receipt = await self._submit(device, said)
        if said.key in device.answers:
            assert (receipt.receipt_id, receipt.repeated) == (device.answers[said.key], True)
        self._remember(device, said)
        device.answers[said.key] = receipt.receipt_id

    async def _drop(self, device: Device, said: Said) -> None:
        """The line is lost while it is on its way: it is stored, and nobody hears of it."""
        call = asyncio.create_task(self._submit(device, said))
        await asyncio.sleep(0)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        self._remember(device, said)

        async def is_stored() -> bool:
            async with self.store.database.transaction(self.store.org) as tx:
                found = "SELECT EXISTS (SELECT FROM receipt WHERE viewer_id = $1 AND key = $2)"
                return bool(await tx.fetchval(found, device.watcher.viewer_id, said.key))

        await eventually(is_stored)

    async def _edit(self, device: Device, said: Said) -> None:
        try:
            await self._submit(device, Said(said.key, said.job, said.phone, name="李师傅"))
        except KeyReused:
            return
        raise AssertionError("another body under the same key was taken")

    async def _withdraw(self, device: Device) -> None:
        receipt = list(device.answers.values())[-1]
        await self.store.actions.applying.withdraw(self.store.org, self.broadcast, device.watcher.viewer_id, receipt)

    def _remember(self, device: Device, said: Said) -> None:
        if said not in device.said:
            device.said.append(said)
        self.applied.add((said.job, said.phone))

    async def must_add_up(self) -> None:
        """As many applications as people and jobs there are, each counted once, and a report equal to a recount."""
        raw = await raw_rows(self.store, self.broadcast)
        assert len(raw.applications) == len(self.applied)
        expected = recounted(raw, self.store.clock())
        said = told(await self.store.actions.report.report_now(self.store.org, self.broadcast))
        assert {key: said[key] for key in expected} == expected


# Ten steps are read as they are; making them fewer would take minutes.
@settings(
    max_examples=10,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
async def test_every_sequence_leaves_one_application_a_person_and_job(
    store: Store, steps: list[tuple[str, int, int, int]]
) -> None:
    """Applying, sending again, losing the line, editing, borrowing a key, withdrawing: recounted after each step."""
    broadcast = await a_broadcast(store, jobs=2)
    jobs = await jobs_of(store, broadcast)
    consents = {job: (await store.actions.applying.consent(store.org, broadcast, job)).text_sha256 for job in jobs}
    devices = [Device(await a_visit(store, broadcast)) for _ in range(DEVICES)]
    people = Applicants(store, broadcast, jobs, consents, devices)
    async with batching(store):
        for what, device, phone, job in steps:
            store.clock.forward(seconds=1)
            await people.do(what, devices[device], a_phone(phone), jobs[job])
            await people.must_add_up()
