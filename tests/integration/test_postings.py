"""Employers, jobs and policy notices on a real PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from stream_jobs.domain.errors import BadInput, CardBlocked, EmployerNotFound, JobNotFound
from stream_jobs.domain.events import TrayChanged
from stream_jobs.domain.ids import BroadcastId, EmployerId, JobId, uuid7
from stream_jobs.domain.pay import PayUnparseable
from stream_jobs.domain.programme import NameTaken, NothingToOverride
from stream_jobs.ports import EmployerFacts, JobFacts, JobFilter, PolicyFacts, Topic
from tests.builders import (
    BY,
    Store,
    a_broadcast,
    a_job,
    a_policy,
    an_employer,
    an_organisation,
    apply,
    batching,
    cards_of,
    jobs_of,
)

FACTS = JobFacts("注塑操作工", "24元/小时", "东莞塘厦", 40, 40)


async def new_entries(store: Store, broadcast: BroadcastId, seq: int) -> list[type]:
    """What the stage log says after that seq."""
    return [type(entry.event) for entry in await store.actions.stage.stage_after(store.org, broadcast, seq)]


async def seq_of(store: Store, broadcast: BroadcastId) -> int:
    return (await store.actions.stage.snapshot(store.org, broadcast)).seq


async def audit_actions(store: Store) -> list[tuple[str, str | None]]:
    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch("SELECT action, purpose FROM audit WHERE org_id = $1 ORDER BY number", store.org)
    return [(row["action"], row["purpose"]) for row in rows if not row["action"].startswith("unit")]


# ── employers ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_new_employer_is_unverified_and_its_jobs_cannot_be_pushed(store: Store) -> None:
    """Someone has to see its papers first."""
    employer = await store.actions.postings.create_employer(store.org, EmployerFacts("示例·恒顺注塑", ""))

    job = await store.actions.postings.create_job(store.org, employer.id, FACTS)

    assert not employer.verified and employer.full_name == "示例·恒顺注塑"
    assert [blocked.code for blocked in job.blocked] == ["employer_unverified"]


async def test_verifying_lasts_180_days_unless_shorter_is_asked_for(store: Store) -> None:
    """After that its jobs are blocked by themselves."""
    employer = await an_employer(store, verified=False)
    job = await a_job(store, employer=employer)

    row = await store.actions.postings.verify_employer(store.org, employer, BY, seen=("licence",))

    assert row.verified and row.verified_by == BY.name
    assert row.verified_until == store.clock().date() + timedelta(days=180)
    assert not (await store.actions.postings.job(store.org, job)).blocked
    store.clock.forward(days=182)
    assert [b.code for b in (await store.actions.postings.job(store.org, job)).blocked] == ["employer_unverified"]
    assert await audit_actions(store) == [("employer.verified", None)]


async def test_verifying_for_longer_than_180_days_or_into_the_past_is_refused(store: Store) -> None:
    """Posting employers are verified anew every six months."""
    employer = await an_employer(store, verified=False)

    for days in (-1, 181):
        with pytest.raises(BadInput) as refused:
            until = store.clock().date() + timedelta(days=days)
            await store.actions.postings.verify_employer(store.org, employer, BY, until=until)
        assert refused.value.field == "until"


async def test_many_are_verified_at_once_each_recorded_or_none_of_them(store: Store) -> None:
    """As after a workbook: one form, an audit row an employer; one that is not there keeps all as they were."""
    names = [await an_employer(store, verified=False) for _ in range(3)]
    postings = store.actions.postings
    with pytest.raises(EmployerNotFound):
        await postings.verify_employers(store.org, [*names, EmployerId(uuid4())], BY)
    assert len(await postings.employers(store.org, state="unverified")) == 3

    until = await postings.verify_employers(store.org, [*names, names[0]], BY, who="李科长", seen=("licence",))

    assert until == store.clock().date() + timedelta(days=180)
    assert await postings.employers(store.org, state="unverified") == []
    assert {row.verified_by for row in await postings.employers(store.org)} == {"李科长"}
    assert await audit_actions(store) == [("employer.verified", None)] * 3


async def test_employers_whose_verification_ends_are_found_two_weeks_before(store: Store) -> None:
    """And not those it has ended for: they are unverified."""
    soon, later = await an_employer(store), await an_employer(store)
    today = store.clock().date()
    await store.actions.postings.verify_employer(store.org, soon, BY, until=today + timedelta(days=14))
    await store.actions.postings.verify_employer(store.org, later, BY, until=today + timedelta(days=15))

    ending = await store.actions.postings.employers(store.org, state="ending")
    store.clock.forward(days=15)
    then = await store.actions.postings.employers(store.org, state="ending")

    assert ([row.id for row in ending], [row.id for row in then]) == ([soon], [later])


async def test_taking_a_verification_back_reaches_the_trays(store: Store) -> None:
    """The console shows at once that the card cannot be pushed any more."""
    broadcast = await a_broadcast(store, jobs=1)
    [job] = await jobs_of(store, broadcast)
    employer = (await store.actions.postings.job(store.org, job)).employer_id
    seq = await seq_of(store, broadcast)

    await store.actions.postings.unverify_employer(store.org, employer, "执照已注销", BY)

    assert await new_entries(store, broadcast, seq) == [TrayChanged]
    assert store.bus.told[-1] == (broadcast, Topic.STAGE)
    with pytest.raises(CardBlocked):
        await store.actions.stage.push(store.org, broadcast, (await cards_of(store, broadcast))[0], BY, uuid4())
    assert await audit_actions(store) == [("employer.unverified", "执照已注销")]


async def test_two_employers_cannot_have_one_name(store: Store) -> None:
    """An import finds its employer by name."""
    first = await an_employer(store, "示例·星河电子")
    second = await an_employer(store, "示例·蓝湾家电")

    with pytest.raises(NameTaken):
        await store.actions.postings.create_employer(store.org, EmployerFacts("示例·星河电子", ""))
    with pytest.raises(NameTaken):
        await store.actions.postings.edit_employer(store.org, second, EmployerFacts("示例·星河电子", ""), BY)
    assert (await store.actions.postings.edit_employer(store.org, first, EmployerFacts("示例·星河电子", "星河"), BY)).id


async def test_employers_are_searched_by_what_is_typed_and_the_unverified_come_first(store: Store) -> None:
    """A percent sign is a percent sign."""
    await an_employer(store, "示例·甲")
    await an_employer(store, "示例·乙100%", verified=False)

    every = await store.actions.postings.employers(store.org)

    assert [row.name for row in every] == ["示例·乙100%", "示例·甲"]
    assert [row.name for row in await store.actions.postings.employers(store.org, "0%")] == ["示例·乙100%"]
    assert await store.actions.postings.employers(store.org, "_%") == []


async def test_another_organisation_sees_nothing_of_ours(store: Store) -> None:
    """Not even that it exists."""
    job = await a_job(store)
    employer = (await store.actions.postings.job(store.org, job)).employer_id
    other = await an_organisation(store.stores, store.clock, "示例市就业中心")

    assert (await store.actions.postings.jobs(other, JobFilter())).total == 0
    with pytest.raises(JobNotFound):
        await store.actions.postings.job(other, job)
    with pytest.raises(JobNotFound):
        await store.actions.postings.remove_job(other, job, BY)
    with pytest.raises(EmployerNotFound):
        await store.actions.postings.verify_employer(other, employer, BY)


# ── jobs ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_pay_is_understood_and_kept_beside_what_was_written(store: Store) -> None:
    """5.8千-7.2千 is 5,800 to 7,200 yuan a month."""
    facts = JobFacts("空调装配工", "5.8千-7.2千", "珠海斗门", 80, 80)

    job = await store.actions.postings.create_job(store.org, await an_employer(store), facts)

    assert job.facts.pay_text == "5.8千-7.2千"
    assert (job.pay.min_fen, job.pay.max_fen, job.pay.unit) == (580_000, 720_000, "month")


async def test_pay_that_nobody_understands_is_refused_and_nothing_is_stored(store: Store) -> None:
    """The form says what is expected."""
    employer = await an_employer(store)

    with pytest.raises(PayUnparseable) as refused:
        await store.actions.postings.create_job(store.org, employer, JobFacts("普工", "待遇从优", "东莞"))

    assert refused.value.field == "pay" and refused.value.expected
    assert (await store.actions.postings.jobs(store.org, JobFilter())).total == 0


@pytest.mark.parametrize("field", ["title", "pay_text", "workplace"])
async def test_a_job_without_what_the_law_asks_for_is_refused(store: Store, field: str) -> None:
    """Title, pay and workplace; blanks do not count."""
    good = JobFacts("普工", "面议", "东莞")

    with pytest.raises(BadInput) as refused:
        blank: dict[str, Any] = {field: "  "}
        await store.actions.postings.create_job(store.org, await an_employer(store), replace(good, **blank))

    assert refused.value.field == field


async def test_correcting_the_wording_lets_the_job_be_pushed_and_reaches_its_trays(store: Store) -> None:
    """A blocked card becomes pushable without anything else being touched."""
    job = await a_job(store, requirements="限女性，18-35岁")
    broadcast = await a_broadcast(store, jobs=0)
    await store.stores.trays.add_cards(store.org, broadcast, [job], [], at=store.clock(), by=BY)
    row = await store.actions.postings.job(store.org, job)
    assert {blocked.code for blocked in row.blocked} == {"wording"}
    assert all(finding.legal_basis for finding in row.findings)
    seq = await seq_of(store, broadcast)

    facts = JobFacts(row.facts.title, row.facts.pay_text, row.facts.workplace, 40, 40, requirements="身体健康")
    row = await store.actions.postings.edit_job(store.org, job, row.employer_id, facts, BY)

    assert row.blocked == () and row.facts.requirements == "身体健康"
    assert await new_entries(store, broadcast, seq) == [TrayChanged]
    assert await store.actions.stage.push(store.org, broadcast, (await cards_of(store, broadcast))[0], BY, uuid4())


async def test_an_override_needs_a_reason_is_recorded_and_covers_only_what_it_names(store: Store) -> None:
    """A later correction that breaks another rule is blocked again."""
    job = await a_job(store, requirements="限女性")

    with pytest.raises(BadInput):
        await store.actions.postings.override_job(store.org, job, BY, reason="  ")
    row = await store.actions.postings.override_job(store.org, job, BY, reason="女职工浴室管理员，法律允许")

    assert row.blocked == () and row.override and row.override.by == BY.name
    assert await audit_actions(store) == [("job.overridden", "女职工浴室管理员，法律允许")]
    facts = JobFacts("注塑操作工", "24元/小时", "东莞塘厦", requirements="限女性。入职交押金500元")
    worse = await store.actions.postings.edit_job(store.org, job, row.employer_id, facts, BY)
    assert worse.blocked and all(b.rule_id not in row.override.covers for b in worse.blocked)


async def test_an_unverified_employer_and_an_expired_job_can_be_overridden_too(store: Store) -> None:
    """Each by name, or all there is."""
    employer = await an_employer(store, verified=False)
    job = await a_job(store, employer=employer, valid_until=date(2026, 1, 1))

    first = await store.actions.postings.override_job(store.org, job, BY, reason="已电话核实", covers=["job_expired"])
    assert [blocked.code for blocked in first.blocked] == ["employer_unverified"]
    second = await store.actions.postings.override_job(store.org, job, BY, reason="已电话核实")

    assert second.blocked == ()
    taken_back = await store.actions.postings.take_override_back(store.org, job, BY)
    assert {blocked.code for blocked in taken_back.blocked} == {"employer_unverified", "job_expired"}


async def test_nothing_can_be_overridden_that_is_not_there(store: Store) -> None:
    """A blanket permission for the future is none."""
    job = await a_job(store)

    for covers in ([], ["gender_female_only"]):
        with pytest.raises(NothingToOverride):
            await store.actions.postings.override_job(store.org, job, BY, reason="备用", covers=covers)
    assert await audit_actions(store) == []


async def test_the_blocked_filter_says_the_same_as_the_rule(store: Store) -> None:
    """The list's SQL and the domain's function are two tellings of one rule."""
    today = store.clock().date()
    for verified in (True, False):
        employer = await an_employer(store, verified=verified)
        for days in (None, -1, 0, 30):
            for words in (None, "限女性"):
                until = None if days is None else today + timedelta(days=days)
                job = await a_job(store, employer=employer, valid_until=until, requirements=words)
                if days == -1:
                    await store.actions.postings.override_job(store.org, job, BY, reason="核过", covers=["job_expired"])

    every = (await store.actions.postings.jobs(store.org, JobFilter(limit=100))).jobs
    blocked = await store.actions.postings.jobs(store.org, JobFilter(state="blocked", limit=100))
    pushable = await store.actions.postings.jobs(store.org, JobFilter(state="pushable", limit=100))

    assert {job.id for job in blocked.jobs} == {job.id for job in every if job.blocked}
    assert {job.id for job in pushable.jobs} == {job.id for job in every if not job.blocked}
    assert (blocked.total, pushable.total, len(every)) == (len(blocked.jobs), len(pushable.jobs), 16)


async def test_jobs_are_found_by_title_employer_or_place_a_page_at_a_time(store: Store) -> None:
    """The total counts what fits, not what is shown."""
    employer = await an_employer(store, "示例·远山物流")
    for n in range(5):
        await a_job(store, title=f"分拣员{n}", employer=employer)
    await a_job(store, title="缝纫工")

    page = await store.actions.postings.jobs(store.org, JobFilter(search="远山", offset=3, limit=3))

    assert page.total == 5 and len(page.jobs) == 2
    assert (await store.actions.postings.jobs(store.org, JobFilter(search="缝纫"))).total == 1
    assert (await store.actions.postings.jobs(store.org, JobFilter(search="塘厦"))).total == 6
    assert (await store.actions.postings.jobs(store.org, JobFilter(employer_id=employer))).total == 5


async def test_a_removed_job_leaves_trays_that_have_not_started(store: Store) -> None:
    """The numbers close up; a show on air keeps them and the card is closed and cannot be pushed."""
    coming = await a_broadcast(store, jobs=3, live=False)
    job = (await jobs_of(store, coming))[0]
    live = await a_broadcast(store, jobs=0)
    await store.stores.trays.add_cards(store.org, live, [job], [], at=store.clock(), by=BY)

    await store.actions.postings.remove_job(store.org, job, BY)

    assert job not in await jobs_of(store, coming)
    assert [card.number for card in (await store.actions.stage.tray(store.org, coming)).cards] == [1, 2]
    [card] = await store.actions.stage.tray_cards(store.org, live)
    assert card.body.state == "closed" and [b.code for b in card.blocked] == ["job_removed"]
    with pytest.raises(JobNotFound):
        await store.actions.postings.remove_job(store.org, job, BY)


async def test_a_removed_job_that_someone_applied_for_stays_in_its_tray_closed(store: Store) -> None:
    """The applicant can still see what they applied for."""
    coming = await a_broadcast(store, jobs=2, live=False)
    job = (await jobs_of(store, coming))[0]
    async with batching(store):
        await apply(store, coming, job)

    await store.actions.postings.remove_job(store.org, job, BY)

    tray = await store.actions.stage.tray(store.org, coming)
    assert [card.state for card in tray.cards] == ["closed", "open"]


async def test_corrections_of_jobs_shown_together_do_not_wait_for_each_other_in_a_circle(store: Store) -> None:
    """Two organisers correct two jobs that stand in the same two trays."""
    first, second = await a_job(store), await a_job(store)
    for order in ([first, second], [second, first]):
        broadcast = await a_broadcast(store, jobs=0)
        await store.stores.trays.add_cards(store.org, broadcast, order, [], at=store.clock(), by=BY)
    employers = [(await store.actions.postings.job(store.org, job)).employer_id for job in (first, second)]

    await asyncio.gather(
        *(
            store.actions.postings.edit_job(store.org, job, employer, FACTS, BY)
            for _ in range(4)
            for job, employer in zip((first, second), employers, strict=True)
        )
    )

    assert (await store.actions.postings.job(store.org, first)).facts == FACTS


# ── policy notices ────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_corrected_policy_reaches_the_trays_that_show_it(store: Store) -> None:
    """A wrong amount is not read out twice."""
    broadcast = await a_broadcast(store, jobs=0, policies=1)
    [policy] = await store.actions.postings.policies(store.org)
    seq = await seq_of(store, broadcast)

    facts = PolicyFacts("外出务工交通补助", "跨省务工满3个月", "每年最高600元", "村级服务站申请")
    await store.actions.postings.edit_policy(store.org, policy.id, facts, BY)

    [card] = (await store.actions.stage.tray(store.org, broadcast)).cards
    assert card.policy and card.policy.how_much == "每年最高600元"
    assert await new_entries(store, broadcast, seq) == [TrayChanged]


async def test_a_removed_policy_leaves_the_list_and_trays_not_started(store: Store) -> None:
    """And cannot be added again."""
    policy = await a_policy(store)
    coming = await a_broadcast(store, jobs=1, live=False)
    await store.stores.trays.add_cards(store.org, coming, [], [policy], at=store.clock(), by=BY)

    await store.actions.postings.remove_policy(store.org, policy, BY)

    assert await store.actions.postings.policies(store.org) == []
    assert [card.kind for card in (await store.actions.stage.tray(store.org, coming)).cards] == ["job"]


async def test_an_unknown_job_is_not_found(store: Store) -> None:
    """Not a server fault."""
    unknown = JobId(uuid7(store.clock()))

    with pytest.raises(JobNotFound):
        await store.actions.postings.edit_job(store.org, unknown, await an_employer(store), FACTS, BY)
    with pytest.raises(JobNotFound):
        await store.actions.postings.override_job(store.org, unknown, BY, reason="x")
