"""The report of a show by the part of the country its jobs are in."""

from stream_jobs.ports import Report
from stream_jobs.verify.run import verify
from tests.builders import BY, Store, a_broadcast, a_job, a_phone, apply, batching, jobs_of
from tests.report_builders import a_state, applications_of


async def a_show_in(store: Store, workplaces: dict[str, int]) -> Report:
    """A job for each of these, with so many applicants; the first of them apply for all of the jobs they can."""
    show = await a_broadcast(store, jobs=0)
    jobs = [await a_job(store, workplace=place) for place in workplaces]
    await store.stores.trays.add_cards(store.org, show, jobs, [], at=store.clock(), by=BY)
    async with batching(store):
        for job, people in zip(await jobs_of(store, show), workplaces.values(), strict=True):
            for number in range(people):
                await apply(store, show, job, phone=a_phone(number))
    for application in await applications_of(store, show):
        await a_state(store, application, "contacted")
    found = (await verify(store.database, store.keys, None, store.clock())).differences
    assert found == ()
    return await store.actions.report.report_now(store.org, show)


async def test_people_count_once_in_each_region_and_jobs_whose_place_is_not_known_stand_last(store: Store) -> None:
    """Two towns of one city are one region; who applied in both is one of its applicants."""
    report = await a_show_in(store, {"东莞长安": 6, "广东省东莞市虎门镇": 5, "昆山": 7, "厂区内": 5})

    told = [(line.name, line.cards, line.openings, line.applied.applications, line.applied.applicants)
            for line in report.regions]  # fmt: skip
    assert told == [
        ("江苏省苏州市", 1, 40, 7, 7),
        ("广东省东莞市", 2, 80, 11, 6),
        (None, 1, 40, 5, 5),
    ]
    assert [line.applied.contacted for line in report.regions] == [7, 6, 5]
    assert [line.code for line in report.regions] == ["320500", "441900", None]


async def test_outcomes_of_a_small_region_are_not_told_nor_given_back(store: Store) -> None:
    """One more is hidden with it: the one whose job is not told either."""
    small = await a_show_in(store, {"东莞": 6, "珠海": 3, "昆山": 5})
    assert {line.name: line.applied.contacted for line in small.regions} == {
        "江苏省苏州市": None,
        "广东省珠海市": None,
        "广东省东莞市": 6,
    }
    assert [line.applied.small for line in small.regions] == [False, True, False]


async def test_a_region_gives_way_where_its_sum_would_tell_of_a_small_job(store: Store) -> None:
    """Six and three in one city, by two employers: the city less the six would be the three."""
    report = await a_show_in(store, {"东莞长安": 6, "东莞虎门": 3, "昆山": 8, "珠海": 9})

    assert [(line.title, line.applied.contacted is None) for line in report.cards][1][1]
    by_region = {line.name: line.applied.contacted for line in report.regions}
    assert by_region["广东省东莞市"] is None
    assert list(by_region.values()).count(None) >= 2
