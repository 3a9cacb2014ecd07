"""Priority groups: said by the person alone, counted and not told, and gone with the person while the count stays."""

from collections.abc import Collection
from uuid import uuid4

import pytest

from admin.report_tables import Part, table
from stream_jobs.domain.errors import ConsentMissing, SettingInvalid
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.domain.phone_code import PhoneUnverified
from stream_jobs.domain.priority import NAMES, Priority, PriorityLine
from stream_jobs.settings import read_settings
from stream_jobs.verify.files import words_of
from stream_jobs.verify.run import verify
from tests.builders import BY, Store, a_broadcast, a_phone, a_visit, an_organisation, apply, batching, jobs_of
from tests.integration.test_my_page import page_of, prove
from tests.integration.test_person import person_of
from tests.report_builders import a_state, applications_of
from tests.site import a_site

GRADUATE, MIGRANT, VETERAN = Priority.GRADUATE, Priority.MIGRANT_WORKER, Priority.VETERAN


async def an_applicant(store: Store, show: BroadcastId, number: int, groups: Collection[Priority]) -> Watcher:
    """Who applied for the first job, and said so on their own page."""
    watcher = await a_visit(store, show)
    await apply(store, show, (await jobs_of(store, show))[0], watcher=watcher, phone=a_phone(number))
    if groups:
        await say(store, watcher, number, groups)
    return watcher


async def say(store: Store, watcher: Watcher, number: int, groups: Collection[Priority]) -> None:
    await prove(store, watcher, a_phone(number))
    ref = (await page_of(store, watcher)).people[0].ref
    known = await store.actions.my_page.groups(store.org, watcher.viewer_id, ref)
    await store.actions.my_page.say_groups(store.org, watcher.viewer_id, ref, groups, known.consent.sha256)


async def lines(store: Store, show: BroadcastId) -> dict[Priority, PriorityLine]:
    report = await store.actions.report.report_now(store.org, show)
    return {line.group: line for line in report.priorities}


async def a_counted_show(store: Store) -> tuple[BroadcastId, list[Watcher]]:
    """Seven graduates, two of them rural workers, three rural workers more, a veteran, and one who says nothing.

    It is over, and nobody can apply any more.
    """
    show = await a_broadcast(store, jobs=2, apply_days=0)
    said = [{GRADUATE}] * 5 + [{GRADUATE, MIGRANT}] * 2 + [{MIGRANT}] * 3 + [{VETERAN}, set()]
    people = [await an_applicant(store, show, number, groups) for number, groups in enumerate(said)]
    # One of them applied for two jobs.
    await apply(store, show, (await jobs_of(store, show))[1], watcher=people[0], phone=a_phone(0))
    await store.actions.stage.end(store.org, show, BY, uuid4())
    return show, people


async def differences(store: Store) -> object:
    return (await verify(store.database, store.keys, None, store.clock())).differences


async def test_a_group_is_told_as_how_many_applied_and_only_where_they_are_enough(store: Store) -> None:
    """A veteran alone is not told; five rural workers and seven graduates of twelve are, each of them once."""
    async with batching(store):
        show, _ = await a_counted_show(store)

    told = await lines(store, show)

    assert {group: line.applicants for group, line in told.items() if line.applicants} == {GRADUATE: 7, MIGRANT: 5}
    assert {line.hidden_below for line in told.values()} == {None, 5}
    assert list(told) == list(Priority)
    assert await differences(store) == ()


async def test_nothing_that_staff_mark_moves_what_is_told_of_a_group(store: Store) -> None:
    """What became of people, told by group, told who belongs: mark one as valid, and see whether the figure moves."""
    async with batching(store):
        show, _ = await a_counted_show(store)
        before = await lines(store, show)

        for application, state in zip(
            await applications_of(store, show), ("valid", "hired", "contacted"), strict=False
        ):
            await a_state(store, application, state)

            assert await lines(store, show) == before
    assert set(PriorityLine.model_fields) == {"group", "applicants", "hidden_below"}


async def test_nothing_is_told_of_groups_while_people_can_still_apply(store: Store) -> None:
    """Who said so at an earlier show would be seen to move the figure as they apply."""
    show = await a_broadcast(store, jobs=1)
    async with batching(store):
        for number in range(10):
            await an_applicant(store, show, number, {VETERAN} if number < 5 else ())
        assert await lines(store, show) == {}
        await store.actions.stage.end(store.org, show, BY, uuid4())
        store.clock.forward(days=6, hours=23)
        assert await lines(store, show) == {}
        assert await differences(store) == ()

    store.clock.forward(hours=1)

    assert (await lines(store, show))[VETERAN].applicants == 5
    assert await differences(store) == ()


async def test_an_erased_person_is_gone_and_the_figures_are_the_same_to_the_digit(store: Store) -> None:
    """Nobody's group can be found any more; how many there were stays."""
    async with batching(store):
        show, people = await a_counted_show(store)
        before = await lines(store, show)

        await store.actions.person.erase(store.org, await person_of(store, a_phone(0)))
        await store.actions.person.erase(store.org, await person_of(store, a_phone(6)))

    assert await lines(store, show) == before
    assert await differences(store) == ()
    async with store.database.transaction(store.org) as tx:
        assert await tx.fetchval("SELECT count(*) FROM vault.priority_group") == len(people) - 3
        assert await tx.fetchval("SELECT sum(people) FROM priority_group_left") == 3


async def test_what_was_said_can_be_taken_back_and_counts_no_more(store: Store) -> None:
    """Alone, without taking back the application; saying it again counts again."""
    async with batching(store):
        show, people = await a_counted_show(store)
    ref = (await page_of(store, people[0])).people[0].ref

    await store.actions.my_page.take_back_groups(store.org, people[0].viewer_id, ref)

    assert (await lines(store, show))[GRADUATE].applicants == 6
    assert (await store.actions.my_page.groups(store.org, people[0].viewer_id, ref)).said == ()
    await say(store, people[0], 0, {GRADUATE, VETERAN})
    assert (await lines(store, show))[GRADUATE].applicants == 7
    assert (await store.actions.report.report_now(store.org, show)).figures.applied.applicants == 12


async def test_two_people_who_are_one_said_what_either_said(store: Store) -> None:
    """One of two numbers turns out to be the other's; everything said moves along."""
    show = await a_broadcast(store, jobs=2)
    async with batching(store):
        here = await an_applicant(store, show, 1, {GRADUATE})
        await an_applicant(store, show, 2, {MIGRANT})
    await prove(store, here, a_phone(2))
    people = (await page_of(store, here)).people
    one = next(person for person in people if person.phone.endswith("1"))

    await store.actions.my_page.correct(store.org, here.viewer_id, one.ref, phone=a_phone(2))

    (person,) = (await page_of(store, here)).people
    assert (await store.actions.my_page.groups(store.org, here.viewer_id, person.ref)).said == (GRADUATE, MIGRANT)
    data = await store.actions.my_page.data(store.org, here.viewer_id, person.ref)
    assert data.data.priority_groups == ("高校毕业生", "农民工")


async def test_the_database_alone_says_nothing_of_anybodys_group(store: Store) -> None:
    """Neither in words nor as a number that means the same in two organisations."""
    async with batching(store):
        show, _ = await a_counted_show(store)
    other = await an_organisation(store.stores, store.clock, "另一个县")
    tags = store.stores.priorities._tags

    assert set(tags.of_tenant(store.org).values()).isdisjoint(tags.of_tenant(other).values())
    async with store.database.transaction(store.org) as tx:
        kept = str([tuple(row) for row in await tx.fetch("SELECT * FROM vault.priority_group")])
        assert not any(word in kept for group in Priority for word in (group, *NAMES[group]))
    async with store.database.transaction(other) as tx:
        assert await tx.fetchval("SELECT count(*) FROM vault.priority_group") == 0
        assert await tx.fetchval("SELECT count(*) FROM priority_group_left") == 0
    assert show


async def test_saying_it_needs_the_number_proven_and_the_consent_of_now(store: Store) -> None:
    """And groups that are asked about; each refusal keeps nothing."""
    show = await a_broadcast(store, jobs=1)
    async with batching(store):
        watcher = await an_applicant(store, show, 1, ())
    page, viewer = store.actions.my_page, watcher.viewer_id
    ref = (await page_of(store, watcher)).people[0].ref
    with pytest.raises(PhoneUnverified):
        await page.groups(store.org, viewer, ref)
    with pytest.raises(PhoneUnverified):
        await page.say_groups(store.org, viewer, ref, {GRADUATE}, "")
    await prove(store, watcher, a_phone(1))

    with pytest.raises(ConsentMissing):
        await page.say_groups(store.org, viewer, ref, {GRADUATE}, "0" * 64)
    async with a_site(store) as site:
        token = (await site.viewer(show))["Authorization"]
        nobody = await site.ask(
            "GET", f"/api/v1/broadcasts/{show}/me/people/{ref}/groups", headers={"Authorization": token}
        )
        assert nobody.status == 404

    assert (await page.groups(store.org, viewer, ref)).said == ()


def test_which_groups_are_asked_about_is_a_setting() -> None:
    """In their order, none of them asks nobody, and a name that is none is an error."""
    assert read_settings({}).asked_priorities == tuple(Priority)
    some = read_settings({"STREAM_JOBS_PRIORITY_GROUPS": "veteran, graduate"})
    assert some.asked_priorities == (GRADUATE, VETERAN)
    assert read_settings({"STREAM_JOBS_PRIORITY_GROUPS": ""}).asked_priorities == ()
    with pytest.raises(SettingInvalid):
        read_settings({"STREAM_JOBS_PRIORITY_GROUPS": "vetran"})


async def test_the_table_to_take_along_names_every_group_and_tells_the_same(store: Store) -> None:
    """The words of the pages are those of the domain."""
    async with batching(store):
        show, _ = await a_counted_show(store)
    report = await store.actions.report.report_now(store.org, show)

    sheet = table(report, Part.PRIORITIES, words_of("zh-CN"))

    assert [row[0] for row in sheet.rows] == [NAMES[group][0] for group in Priority]
    assert sheet.columns == ["重点群体", "报名人数"]
    assert [row[1] for row in sheet.rows] == [7, 5, *["组里或组外少于5人，不显示"] * 4]
    for lang, nth in (("zh-CN", 0), ("en", 1)):
        words = words_of(lang)
        assert [words.t(f"organiser.report.priority.{group}") for group in Priority] == [
            NAMES[group][nth] for group in Priority
        ]
