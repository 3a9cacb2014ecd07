"""Who asks whether a colleague applied learns nothing: not from the answer, and not from how long it takes."""

import time
from dataclasses import dataclass, field
from itertools import chain
from math import erfc, sqrt
from typing import Any
from uuid import UUID

from aiohttp import ClientSession

from stream_jobs.bench.server import PROGRAM
from tests.drills.crowd import a_call, a_token
from tests.drills.drill import Bench, Drill, Found
from tests.drills.in_clear import a_canary_phone, keep_answer
from tests.drills.show import Show, a_show

TELLING = ("-m", "tests.drills.wrong.telling")
KINDS = ("applications", "phone-codes")
SURE = 0.01
"""How rarely two equal samples may seem this different."""
BETTER_THAN_GUESSING = 0.6
"""One look at the time may be right so often that a known number is known; guessing is right half the time."""


@dataclass
class Sample:
    """Answers about numbers of one kind, and what each took."""

    answers: set[str] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)


async def asked(bench: Bench, program: tuple[str, ...] = PROGRAM) -> Found:
    """Known and unknown numbers in random order, each from a device that has never been seen."""
    each = bench.of(500, 200)
    known, unknown = ([a_canary_phone(first + nth) for nth in range(each)] for first in (10_000, 20_000))
    order = [*((True, phone) for phone in known), *((False, phone) for phone in unknown)]
    bench.dice.shuffle(order)
    samples = {(kind, is_known): Sample() for kind in KINDS for is_known in (True, False)}
    async with a_show(bench, program=program) as show, ClientSession() as client:
        consent = (await show.store.actions.applying.consent(show.store.org, show.broadcast, show.job)).text_sha256
        for phone in known:
            await _ask(show, client, "applications", _application(show, consent, phone), Sample())
        for is_known, phone in order:
            # The code first: applying makes every number known.
            await _ask(show, client, "phone-codes", {"phone": phone}, samples["phone-codes", is_known])
            call = _application(show, consent, phone)
            await _ask(show, client, "applications", call, samples["applications", is_known])
        audited = await show.audit()
    judged = [_judge(kind, samples[kind, True], samples[kind, False]) for kind in KINDS]
    kept = audited.clean and audited.applications == 2 * each and all(kept for kept, _ in judged)
    return Found(2 * each * len(KINDS), kept, "; ".join([*(said for _, said in judged), f"audit: {audited}"]))


def _application(show: Show, consent: str, phone: str) -> dict[str, Any]:
    call = a_call(show.job, consent)
    call["contact"]["phone"] = phone
    return call


async def _ask(show: Show, client: ClientSession, kind: str, body: dict[str, Any], sample: Sample) -> None:
    headers = {"Authorization": f"Bearer {a_token(show.store, show.broadcast)}"}
    url = f"{show.server.http_url}/api/v1/broadcasts/{show.broadcast}/{kind}"
    began = time.perf_counter()
    async with client.post(url, json=body, headers=headers) as response:
        told: dict[str, Any] = await response.json()
    sample.seconds.append(time.perf_counter() - began)
    if not response.ok:
        keep_answer(str(told))
    elif kind == "applications":
        show.ledger.tell(UUID(body["key"]), UUID(told["application_id"]))
    # What must differ between any two applications tells nothing of whose they are.
    same = {name: value for name, value in told.items() if name not in ("application_id", "number", "at")}
    sample.answers.add(f"{response.status} {sorted(same.items())}")


def _judge(kind: str, known: Sample, unknown: Sample) -> tuple[bool, str]:
    alike = known.answers == unknown.answers and len(known.answers) == 1 and next(iter(known.answers)).startswith("2")
    longer, chance = compare(known.seconds, unknown.seconds)
    right = max(longer, 1 - longer)
    kept = alike and (chance > SURE or right <= BETTER_THAN_GUESSING)
    medians = [1000 * sorted(sample.seconds)[len(sample.seconds) // 2] for sample in (known, unknown)]
    times = (
        f"known {medians[0]:.1f} ms, unknown {medians[1]:.1f} ms, one look right {100 * right:.0f} % (p = {chance:.2f})"
    )
    return kept, f"{kind} {'alike' if alike else '**differ**'}: {times}"


def compare(ones: list[float], others: list[float]) -> tuple[float, float]:
    """How often one of the first took longer than one of the second, and how likely that is by chance.

    Mann-Whitney's U over all pairs, and its normal approximation, two-sided.
    """
    ranks = {value: rank for rank, value in enumerate(sorted(chain(ones, others)), 1)}
    n, m = len(ones), len(others)
    u = sum(ranks[value] for value in ones) - n * (n + 1) / 2
    z = (u - n * m / 2) / sqrt(n * m * (n + m + 1) / 12)
    return u / (n * m), erfc(abs(z) / sqrt(2))


DRILLS = (
    Drill(
        "phone enumeration", "A stranger's device is answered alike, and as fast, for a known number and a new one",
        asked, "answers when it is done", lambda bench: asked(bench, TELLING), deadline_seconds=240,
    ),
)  # fmt: skip
