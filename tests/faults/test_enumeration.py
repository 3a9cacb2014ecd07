"""Whether a number is known cannot be read from how long an answer takes."""

import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from statistics import NormalDist, median
from uuid import uuid4

import pytest

from stream_jobs.domain.ids import BroadcastId
from stream_jobs.domain.phone_code import PhoneCheck
from tests.builders import BY, Store, a_broadcast, a_phone, apply, batching, jobs_of
from tests.site import Site, a_site

EACH = 500
SURE = 0.01
ROUNDS = 3
LIMITS = (
    *("apply_per_device_per_minute", "apply_per_phone_per_minute", "apply_per_prefix_per_minute"),
    *("code_tries_per_device_per_minute", "code_tries_per_prefix_per_minute"),
)
FREELY = dict.fromkeys(LIMITS, 1_000_000)
Ask = Callable[[str], Awaitable[int]]


def same_distribution(one: list[float], other: list[float]) -> float:
    """The two-sided p of the rank-sum test (Mann and Whitney 1947), by its normal approximation; no ties expected."""
    ranks = {value: rank for rank, value in enumerate(sorted(one + other), start=1)}
    u = sum(ranks[value] for value in one) - len(one) * (len(one) + 1) / 2
    mean = len(one) * len(other) / 2
    deviation = (len(one) * len(other) * (len(one) + len(other) + 1) / 12) ** 0.5
    return 2 * (1 - NormalDist().cdf(abs(u - mean) / deviation))


async def seconds_of(ask: Ask, known: list[str], unknown: list[str]) -> tuple[list[float], list[float]]:
    """Each once, in no order, so that whatever else the machine does falls on both alike."""
    took: dict[bool, list[float]] = {True: [], False: []}
    order = [(phone, True) for phone in known] + [(phone, False) for phone in unknown]
    random.shuffle(order)
    statuses = set()
    for phone, is_known in order:
        began = time.perf_counter()
        statuses.add(await ask(phone))
        took[is_known].append(time.perf_counter() - began)
    assert len(statuses) == 1
    return took[True], took[False]


async def tells(ask: Ask, known: list[str], unknown: list[str]) -> bool:
    """Whether the times of known numbers differ from those of others: the same way in every round."""
    faster = []
    for _ in range(ROUNDS):
        mine, others = await seconds_of(ask, known, unknown)
        if same_distribution(mine, others) > SURE:
            return False
        faster.append(median(mine) < median(others))
    return len(set(faster)) == 1


@asynccontextmanager
async def a_town(store: Store) -> AsyncIterator[tuple[Site, BroadcastId, list[str], list[str]]]:
    """Five hundred people who applied, and five hundred numbers nobody knows."""
    known, unknown = [a_phone(n) for n in range(EACH)], [a_phone(10_000 + n) for n in range(EACH)]
    broadcast = await a_broadcast(store, jobs=2)
    limits = store.quotas(**FREELY)
    async with batching(store), a_site(store, limits=limits) as site:
        for phone in known:
            await apply(store, broadcast, (await jobs_of(store, broadcast))[0], phone=phone)
        await store.actions.programme.edit_show(store.org, broadcast, {"phone_check": PhoneCheck.BEFORE}, BY)
        yield site, broadcast, known, unknown


@pytest.mark.drill
async def test_answers_about_known_and_unknown_numbers_take_as_long(store: Store) -> None:
    """Trying a code, and applying where a proven number is wanted."""
    async with a_town(store) as (site, broadcast, known, unknown):
        headers = await site.viewer(broadcast)
        job = (await jobs_of(store, broadcast))[1]
        consent = (await store.actions.applying.consent(store.org, broadcast, job)).text_sha256

        async def post(path: str, body: object) -> int:
            return (await site.ask("POST", f"/api/v1/broadcasts/{broadcast}{path}", json=body, headers=headers)).status

        async def confirm(phone: str) -> int:
            return await post("/phone-codes/confirm", {"phone": phone, "code": "000000"})

        async def applying(phone: str) -> int:
            contact = {"phone": phone, "name": "王师傅"}
            body = {"key": str(uuid4()), "job_id": str(job), "contact": contact, "consent": {"text_sha256": consent}}
            return await post("/applications", body)

        assert not await tells(confirm, known, unknown)
        assert not await tells(applying, known, unknown)


@pytest.mark.drill
async def test_asking_for_a_code_takes_as_long_for_known_numbers(store: Store) -> None:
    """Straight at the action: a number may be sent one code a minute only."""
    phones = store.phones
    async with a_town(store) as (_, _, known, unknown):

        async def ask(phone: str) -> int:
            await phones.ask_code(store.org, store.org, phone)  # type: ignore[arg-type]  # any device
            return 200

        async def ask_after_looking(phone: str) -> int:
            """The control: whoever is known is looked for."""
            if phone in known:
                async with store.database.transaction(store.org) as tx:
                    await tx.fetchval("SELECT count(*) FROM person")
            return await ask(phone)

        assert not await tells(ask, known, unknown)
        assert await tells(ask_after_looking, known, unknown)


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_the_statistic_itself_finds_what_it_must(shift: float) -> None:
    """Half a deviation between five hundred each is found; none is not."""
    dice = random.Random(7)
    one, other = [dice.gauss(0, 1) for _ in range(EACH)], [dice.gauss(shift, 1) for _ in range(EACH)]

    assert (same_distribution(one, other) > SURE) is (shift == 0)
