"""The report of a show: what it says is what the raw rows say, and who may read it."""

import asyncio
import csv
import io
import random
import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientResponse
from openpyxl import load_workbook

from admin.report_tables import FORM, Part
from storage.applied import APPLIED, BY_BUCKET, PACE, WAITING
from storage.cuts import CAME_THROUGH, REACHED
from storage.distinct import CAME, DISTINCT, TOO_EARLY
from storage.people import People
from storage.presence import UNSEALED
from storage.priority import COUNT as PRIORITIES
from storage.reached import COUNTS
from storage.sealed import SEALED
from storage.signals import VISITS
from storage.watching import CELLS
from stream_jobs.domain.errors import ApplicationNotFound, NotAllowed
from stream_jobs.domain.events import SignalStep, Watcher
from stream_jobs.domain.following import MILESTONES, OPEN
from stream_jobs.domain.ids import (
    NO_CHANNEL,
    WHOLE_SHOW,
    ApplicationId,
    BroadcastId,
    OrgId,
    ViewerId,
    VisitId,
    WorkerId,
)
from stream_jobs.domain.report import Applied
from stream_jobs.ports import AccountRole, ApplicantFilter, JobFacts, Report, TypedFigure
from stream_jobs.verify.run import verify
from tests.builders import (
    BY,
    Store,
    a_broadcast,
    a_job,
    a_phone,
    a_visit,
    an_employer,
    apply,
    batching,
    cards_of,
    jobs_of,
)
from tests.report_builders import History, a_show, a_signal, a_state, applications_of, raw_rows, recounted, told
from tests.site import a_site


async def report_of(store: Store, broadcast: BroadcastId) -> Report:
    return await store.actions.report.report_now(store.org, broadcast)


async def some_apply(store: Store, broadcast: BroadcastId, people: int, *, job: int = 0, after: int = 0) -> None:
    chosen = (await jobs_of(store, broadcast))[job]
    async with batching(store):
        for nth in range(after + 1, after + people + 1):
            await apply(store, broadcast, chosen, watcher=await a_visit(store, broadcast), phone=a_phone(nth))


# ── it adds up ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(8))
async def test_report_equals_a_naive_recount_of_a_random_show(store: Store, seed: int) -> None:
    """Visits, reconnects, dead workers, repeated and reordered signals, withdrawals: every figure to the digit."""
    broadcast = await a_show(store)
    async with batching(store):
        await History(store, broadcast, random.Random(seed)).run(220)

    report = await report_of(store, broadcast)

    expected = recounted(await raw_rows(store, broadcast), store.clock())
    said = told(report)
    assert {key: said[key] for key in expected} == expected
    must_add_up(report)


def must_add_up(report: Report) -> None:
    """No step exceeds the one before, no rate exceeds one, and what is cut adds up to the whole."""
    counts = [step.count for step in report.funnel]
    assert counts == sorted(counts, reverse=True)
    assert all(0 <= step.implied <= step.count for step in report.funnel)
    for reached in (line.reached for lines in (report.cards, report.employers, report.channels) for line in lines):
        steps = [reached.impressions, reached.clicks, reached.apply_starts, reached.appliers]
        assert steps == sorted(steps, reverse=True)
    whole = report.figures
    groups = (report.cards, report.employers, report.channels, report.regions, report.times)
    for applied in (whole.applied, *(line.applied for lines in groups for line in lines)):
        no_stage_exceeds_the_one_before(applied)
    assert whole.waiting + (whole.applied.contacted or 0) <= whole.applied.applicants
    assert whole.applications_in_live + whole.applications_within_7_days <= whole.applied.applications
    assert sum(line.visits for line in report.channels) == sum(line.visits for line in report.times) == whole.visits
    assert sum(line.visitors for line in report.channels) == whole.visitors
    assert sum(line.new_visitors for line in report.times) == whole.visitors - report.funnel[0].implied
    for lines in (report.cards, report.employers, report.channels, report.times):
        assert sum(line.applied.applications for line in lines) == whole.applied.applications
    assert sum(line.last_applications for line in report.channels) == whole.applied.applications
    assert max(report.curve.watching, default=0) == whole.peak
    assert max((line.peak or 0 for line in report.times), default=0) == whole.peak
    assert sum(report.curve.applications) <= whole.applied.applications


def no_stage_exceeds_the_one_before(applied: Applied) -> None:
    """By definition: each stage stands for those after it. Of a small group all are hidden.

    No order by definition: rejected beside any stage; applicants beside devices that applied, since staff record for
    some and one device applies for several; who is waiting beside who is contacted.
    """
    stages = [getattr(applied, stage) for stage in MILESTONES]
    known = [applied.applications, applied.applicants, *(count for count in stages if count is not None)]
    assert known == sorted(known, reverse=True)
    assert len(known) in (2, 2 + len(stages))
    assert max(applied.withdrawn, applied.recorded) <= applied.applications


async def test_viewer_of_two_jobs_of_one_employer_is_one_viewer_of_that_employer(store: Store) -> None:
    """Distinct over its cards, never their sum."""
    broadcast = await a_broadcast(store, jobs=0)
    employer = await an_employer(store)
    jobs = [await a_job(store, title=title, employer=employer) for title in ("普工", "品检员")]
    await store.stores.trays.add_cards(store.org, broadcast, jobs, [], at=store.clock(), by=BY)
    watcher, cards = await a_visit(store, broadcast), await cards_of(store, broadcast)

    seen = [(watcher, a_signal(store, SignalStep.IMPRESSION, card)) for card in cards]
    await store.actions.watching.record(store.org, broadcast, seen)

    report = await report_of(store, broadcast)
    assert [(line.reached.impressions, line.reached.exposures) for line in report.cards] == [(1, 1), (1, 1)]
    assert [(line.reached.impressions, line.reached.exposures) for line in report.employers] == [(1, 2)]
    assert (report.funnel[1].count, report.figures.exposures) == (1, 2)


async def test_openings_are_not_cards(store: Store) -> None:
    """岗位条数 and 岗位数 are two figures; a job that names no number is told apart."""
    broadcast = await a_broadcast(store, jobs=0, policies=1)
    jobs = [await a_job(store, headcount=headcount) for headcount in (60, 120, None)]
    await store.stores.trays.add_cards(store.org, broadcast, jobs, [], at=store.clock(), by=BY)

    figures = (await report_of(store, broadcast)).figures

    assert (figures.cards, figures.openings, figures.unnumbered, figures.policies) == (3, 180, 1, 1)


async def test_connection_of_a_dead_worker_ends_at_its_last_beat(store: Store) -> None:
    """A killed process says no goodbyes; its viewers do not watch for ever."""
    broadcast = await a_broadcast(store)
    dead, alive = WorkerId(uuid4()), WorkerId(uuid4())
    for worker in (dead, alive):
        watcher = await a_visit(store, broadcast)
        await store.actions.watching.opened([(store.org, broadcast, watcher.visit_id, worker, store.clock())])
    store.clock.forward(minutes=5)
    for worker in (dead, alive):
        await store.actions.watching.beat(worker, {broadcast: 1})
    store.clock.forward(minutes=5)
    await store.actions.watching.beat(alive, {broadcast: 1})

    figures = (await report_of(store, broadcast)).figures

    assert (figures.peak, figures.watch_ms) == (2, (5 + 10) * 60_000)


async def test_several_tabs_of_one_device_are_watched_once(store: Store) -> None:
    """Watch time is the union per viewer."""
    broadcast = await a_broadcast(store)
    viewer = ViewerId(uuid4())
    for _ in range(3):
        tab = await a_visit(store, broadcast, Watcher(viewer, VisitId(uuid4()), NO_CHANNEL))
        row = (store.org, broadcast, tab.visit_id, WorkerId(uuid4()), store.clock())
        await store.actions.watching.closed([(*row, store.clock.now.replace(minute=30))])
        store.clock.forward(minutes=5)
    store.clock.forward(minutes=30)

    figures = (await report_of(store, broadcast)).figures

    assert (figures.peak, figures.watched, figures.watch_ms) == (1, 1, 30 * 60_000)


async def test_outcomes_of_fewer_than_five_people_are_not_shown_in_breakdowns(store: Store) -> None:
    """Four applicants of a job could be guessed, and the other job subtracted; of the whole show the figure stands."""
    broadcast = await a_broadcast(store, jobs=2)
    await some_apply(store, broadcast, 4)
    await some_apply(store, broadcast, 5, job=1)
    for application in await applications_of(store, broadcast):
        await a_state(store, application, "contacted")

    report = await report_of(store, broadcast)

    told = [(line.applied.contacted, line.applied.small, line.applied.hidden_below) for line in report.cards]
    assert told == [(None, True, 5), (None, False, 5)]
    assert report.figures.applied.contacted == 5


async def test_few_people_of_a_job_that_went_to_another_employer_are_not_given_back(store: Store) -> None:
    """Its former employer's figures less those of its other job would be theirs."""
    broadcast = await a_broadcast(store, jobs=0)
    now, before = await an_employer(store), await an_employer(store)
    moved, other = [await a_job(store, title=f"岗位{n}", employer=before) for n in range(2)]
    await store.stores.trays.add_cards(store.org, broadcast, [moved, other], [], at=store.clock(), by=BY)
    await some_apply(store, broadcast, 3)
    await store.actions.postings.edit_job(store.org, moved, now, JobFacts("岗位0", "24元/小时", "东莞塘厦", 40, 40), BY)
    await some_apply(store, broadcast, 5, after=3)
    await some_apply(store, broadcast, 8, job=1, after=8)

    report = await report_of(store, broadcast)

    employers = {line.employer_id: line.applied for line in report.employers}
    assert (employers[now].applicants, employers[before].applicants) == (5, 11)
    assert (employers[now].contacted, employers[before].contacted) == (0, 0)
    assert [(line.applied.applicants, line.applied.contacted) for line in report.cards] == [(8, None), (8, None)]
    assert (await verify(store.database, store.keys, broadcast, store.clock())).differences == ()


async def test_person_who_was_called_about_one_job_waits_no_more(store: Store) -> None:
    """要办的事 counts people; who withdrew waits for nobody."""
    broadcast = await a_broadcast(store, jobs=2)
    first, second = await jobs_of(store, broadcast)
    device = await a_visit(store, broadcast)
    async with batching(store):
        for job in (first, second):
            await apply(store, broadcast, job, watcher=device, phone=a_phone(1))
            store.clock.forward(minutes=1)
        waits_since = store.clock()
        await apply(store, broadcast, first, watcher=device, phone=a_phone(2))
        withdrawn = await apply(store, broadcast, first, watcher=device, phone=a_phone(3))
    await store.actions.applying.withdraw(store.org, broadcast, device.viewer_id, withdrawn.receipt_id)
    await a_state(store, (await applications_of(store, broadcast))[0], "contacted")

    report = await report_of(store, broadcast)

    assert (report.figures.waiting, report.figures.waiting_since) == (1, waits_since)
    page = await store.actions.applying.page(store.org, broadcast, ApplicantFilter(waiting=True))
    assert [one.phone_masked for one in page.applications] == ["138****0002"]


async def test_rehearsal_is_in_no_form_and_says_so_itself(store: Store) -> None:
    """Only its own report shows it."""
    rehearsal = await a_broadcast(store, rehearsal=True)
    show = await a_broadcast(store)
    await some_apply(store, rehearsal, 1)

    reports = await store.actions.report.reports_of(store.org, None, None, most=10)

    assert [report.broadcast.id for report in reports] == [show]
    assert (await report_of(store, rehearsal)).counted is False


async def test_platform_figures_stand_beside_ours_and_change_none(store: Store) -> None:
    """Typed in, corrected, taken away; never added."""
    broadcast = await a_broadcast(store)
    before = (await report_of(store, broadcast)).figures

    for value in (21_000, 21_480):
        await store.actions.report.set_platform_figures(
            store.org, broadcast, [TypedFigure("快手", "views", value), TypedFigure("快手", "likes", 3)], BY
        )
    await store.actions.report.set_platform_figures(store.org, broadcast, [TypedFigure("快手", "likes", None)], BY)

    report = await report_of(store, broadcast)
    assert [(one.platform, one.metric, one.value, one.by) for one in report.platform] == [
        ("快手", "views", 21_480, BY.name)
    ]
    assert report.figures == before


async def test_everyone_who_asks_at_once_waits_for_one_counting(store: Store) -> None:
    """However many look at a live report, it is counted once for all of them."""
    broadcast = await a_broadcast(store)

    asked = await asyncio.gather(*(store.actions.report.report(store.org, broadcast) for _ in range(20)))
    await a_visit(store, broadcast)
    store.clock.forward(seconds=1)
    later = await store.actions.report.report(store.org, broadcast)

    assert all(report is asked[0] for report in asked)
    assert (asked[0].figures.visits, later.figures.visits) == (0, 1)


# ── plans ─────────────────────────────────────────────────────────────────────────────────────────────────────


LARGE = (
    "audience_event",
    "reach",
    "step_count",
    "visit",
    "visit_interval",
    "presence",
    "application",
    "application_event",
    "audience_member",
)


async def test_no_figure_reads_a_large_table_from_end_to_end(store: Store) -> None:
    """A show's report must not become slower with every other show; and events are never counted one by one."""
    broadcast, other = await a_show(store), await a_show(store)
    await some_apply(store, broadcast, 3)
    await _fill(store, other)
    at = store.clock()
    reads: list[tuple[str, list[object]]] = [
        (COUNTS, [broadcast]),
        (APPLIED, [broadcast, [at], [], []]),
        (PRIORITIES, [broadcast]),
        (WAITING, [broadcast, OPEN]),
        (BY_BUCKET, [broadcast, [at], at]),
        (PACE, [broadcast, at, at]),
        (SEALED, [broadcast, 10]),
        (CELLS, [broadcast, at, at, at, [at, at, at], timedelta(seconds=10)]),
        # Of several shows: no others than those.
        (DISTINCT, [[broadcast], WHOLE_SHOW]),
        (CAME, [[broadcast]]),
        (TOO_EARLY, [store.org, WHOLE_SHOW, [broadcast]]),
        (REACHED, [[broadcast], [uuid4()], [0], WHOLE_SHOW]),
        (CAME_THROUGH, [[broadcast], [uuid4()], [0], WHOLE_SHOW]),
        # Not the report's, but asked as often.
        (UNSEALED, [at, at, 10]),
        (VISITS, [broadcast, [uuid4()], at]),
    ]

    async with store.database.transaction(store.org) as tx:
        lines = [row[0] for sql, given in reads for row in await tx.fetch(f"EXPLAIN {sql}", *given)]
        [control, *_] = [row[0] for row in await tx.fetch("EXPLAIN SELECT FROM reach WHERE steps = 6")]

    whole = re.compile(rf"Seq Scan on ({'|'.join(LARGE)})(_other)?\b")
    assert whole.search(control)
    assert [line for line in lines if whole.search(line)] == []
    assert [line for line in lines if "audience_event" in line] == []


async def test_a_show_that_statistics_have_not_seen_is_expected_to_have_rows(store: Store) -> None:
    """Expected to have none, any index that begins with the show was as good as a key: each look-up read all of it."""
    broadcast, other = await a_show(store), await a_show(store)
    await _fill(store, other)

    async with store.database.transaction(store.org) as tx:
        plans = [
            (await tx.fetchval(f"EXPLAIN SELECT FROM {table} WHERE broadcast_id = $1", broadcast))
            for table in ("visit", "visit_interval", "application")
        ]
        looked_up = "\n".join(
            row[0] for row in await tx.fetch(f"EXPLAIN {VISITS}", broadcast, [uuid4()], store.clock())
        )

    assert [int(re.findall(r"rows=(\d+)", plan)[0]) for plan in plans] == [20_000 // 200] * 3
    assert "visit_pkey" in looked_up and "visit_interval_pkey" in looked_up


async def _fill(store: Store, show: BroadcastId) -> None:
    """Many rows of another show."""
    card, job = (await cards_of(store, show))[0], (await jobs_of(store, show))[0]
    given = {"show": show, "org": store.org, "card": card, "job": job, "at": store.clock(), "nobody": UUID(int=0)}
    async with store.database.transaction(store.org) as tx:
        for statement in MANY:
            names = [name for name in given if f":{name}" in statement]
            sql = statement
            for nth, name in enumerate(names, start=1):
                sql = sql.replace(f":{name}", f"${nth}")
            await tx.execute(sql, *(given[name] for name in names))
    # Only the owner may.
    async with store.database.maintenance() as tx:
        await tx.execute("ANALYZE")


MANY = (
    """
    INSERT INTO visit (broadcast_id, id, org_id, viewer_id, channel_id, at)
    SELECT :show, gen_random_uuid(), :org, gen_random_uuid(), :nobody, :at FROM generate_series(1, 20000)
    """,
    """
    INSERT INTO visit_interval (broadcast_id, visit_id, from_at, org_id, worker_id, to_at)
    SELECT :show, id, at, :org, :nobody, at + interval '1 minute' FROM visit WHERE broadcast_id = :show
    """,
    """
    INSERT INTO audience_event (broadcast_id, event_id, org_id, viewer_id, channel_id, card_id, step, at, received_at)
    SELECT :show, id, :org, viewer_id, :nobody, :card, 'click', at, at FROM visit WHERE broadcast_id = :show
    """,
    """
    INSERT INTO reach (broadcast_id, viewer_id, card_id, org_id, steps, implied)
    SELECT :show, viewer_id, :card, :org, 6, 0 FROM visit WHERE broadcast_id = :show
    """,
    """
    INSERT INTO step_count (broadcast_id, card_id, channel_id, step, org_id, viewers, implied, events)
    SELECT :show, id, :nobody, 2, :org, 1, 0, 1 FROM visit WHERE broadcast_id = :show
    """,
    """
    INSERT INTO presence (broadcast_id, to_at, from_at, org_id, effective_seconds, highest, highest_at,
        watch_microseconds, devices, effective, visits, newcomers)
    SELECT :show, :at::timestamptz + nth * interval '1 second', :at, :org, 10, 1, :at, 1, 0, 0, 0, 0
    FROM generate_series(1, 20000) AS nth
    """,
    """
    INSERT INTO audience_member (broadcast_id, org_id, viewer_id, first_channel_id, last_channel_id, first_at)
    SELECT :show, :org, viewer_id, :nobody, :nobody, at FROM visit WHERE broadcast_id = :show
    """,
    """
    INSERT INTO person (id, org_id, phone_hmac, created_at)
    SELECT viewer_id, :org, uuid_send(viewer_id), at FROM visit WHERE broadcast_id = :show
    """,
    """
    INSERT INTO application (id, org_id, broadcast_id, job_id, card_id, employer_id, person_id, viewer_id, number,
        first_channel_id, last_channel_id, state, at)
    SELECT v.id, :org, :show, :job, :card, j.employer_id, v.viewer_id, v.viewer_id, row_number() OVER (), :nobody,
        :nobody, 'applied', v.at
    FROM visit v JOIN job j ON j.id = :job WHERE v.broadcast_id = :show
    """,
    """
    INSERT INTO application_event (id, org_id, application_id, kind, at)
    SELECT id, :org, id, 'applied', at FROM application WHERE broadcast_id = :show
    """,
)


# ── who may see whom ──────────────────────────────────────────────────────────────────────────────────────────


async def first_application(store: Store, broadcast: BroadcastId) -> ApplicationId:
    return ApplicationId((await applications_of(store, broadcast))[0])


async def audit_rows(store: Store) -> list[tuple[str, str]]:
    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch("SELECT action, purpose FROM audit ORDER BY number")
    return [(row["action"], row["purpose"]) for row in rows if row["action"] in ("reveal", "hand_over")]


async def test_hand_over_is_recorded_before_anything_is_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the list cannot be opened, that it was asked for stands all the same."""
    broadcast = await a_broadcast(store)
    await some_apply(store, broadcast, 2)
    [employer] = {line.employer_id for line in (await report_of(store, broadcast)).employers if line.to_hand_over}

    def shut(people: People, row: object) -> None:
        raise RuntimeError("the vault is shut")

    monkeypatch.setattr(People, "whole_contact", shut)
    with pytest.raises(RuntimeError):
        await store.actions.applying.hand_over(
            store.org, broadcast, employer, purpose="联系应聘者", receiver="张经理", by=BY
        )
    with pytest.raises(RuntimeError):
        await store.actions.applying.reveal(
            store.org, await first_application(store, broadcast), purpose="contact", by=BY
        )

    assert await audit_rows(store) == [("hand_over", "联系应聘者"), ("reveal", "contact")]


async def test_organiser_reveals_only_where_the_employer_has_no_recruiter(store: Store) -> None:
    """Whoever has an account of their own looks for themselves; a refusal reveals nothing and records nothing."""
    broadcast = await a_broadcast(store, jobs=1)
    await some_apply(store, broadcast, 1)
    application = await first_application(store, broadcast)
    [employer] = [line.employer_id for line in (await report_of(store, broadcast)).employers]

    name, phone = await store.actions.applying.reveal(store.org, application, purpose="contact", by=BY)
    assert (name, phone) == ("王师傅", "+8613800000001")

    async with a_site(store) as site:
        recruiter = await site.account(AccountRole.RECRUITER, employer=employer)
        with pytest.raises(NotAllowed):
            await store.actions.applying.reveal(store.org, application, purpose="contact", by=BY)
        own = await store.actions.applying.reveal(
            store.org, application, purpose="contact", by=recruiter.by, employer=employer
        )
    assert own == (name, phone)
    assert await audit_rows(store) == [("reveal", "contact"), ("reveal", "contact")]
    page = await store.actions.applying.page(store.org, broadcast, ApplicantFilter())
    assert page.with_recruiter == (employer,)


async def test_recruiter_sees_and_reveals_their_own_employers_applications_alone(store: Store) -> None:
    """Another employer's is not there at all, neither in the list nor in how often the person applied."""
    broadcast = await a_broadcast(store, jobs=2)
    await some_apply(store, broadcast, 2)
    await some_apply(store, broadcast, 1, job=1)
    own, other = [line.employer_id for line in (await report_of(store, broadcast)).employers]
    theirs = await store.actions.applying.page(store.org, broadcast, ApplicantFilter(employer_id=own))
    foreign = await store.actions.applying.page(store.org, broadcast, ApplicantFilter(employer_id=other))

    async with a_site(store) as site:
        recruiter = await site.signed_in(await site.account(AccountRole.RECRUITER, employer=own))
        path = f"/api/v1/broadcasts/{broadcast}/applications"
        listed = await (await site.ask("GET", path, headers=recruiter)).json()
        asked_for_other = await (await site.ask("GET", f"{path}?employer_id={other}", headers=recruiter)).json()
        refused = await site.ask(
            "POST",
            f"/api/v1/applications/{foreign.applications[0].id}/reveal",
            json={"purpose": "contact"},
            headers=recruiter,
        )
        shown = await site.ask(
            "POST",
            f"/api/v1/applications/{theirs.applications[0].id}/reveal",
            json={"purpose": "contact"},
            headers=recruiter,
        )

    assert listed["total"] == 2 and all(line["may_reveal"] for line in listed["applications"])
    assert {line["application"]["same_person"] for line in listed["applications"]} == {1}
    assert "1380000000" not in str(listed)
    assert asked_for_other == {"total": 0, "applications": []}
    assert (refused.status, shown.status) == (404, 200)
    assert (await shown.json())["phone"].startswith("138")


async def test_list_is_read_by_pages_and_by_filter(store: Store) -> None:
    """Only the applications of the page are opened; total says how many there are."""
    broadcast = await a_broadcast(store, jobs=2)
    await some_apply(store, broadcast, 5)
    await a_state(store, await first_application(store, broadcast), "hired")

    pages = [
        await store.actions.applying.page(store.org, broadcast, ApplicantFilter(limit=2, offset=offset))
        for offset in (0, 2, 4)
    ]
    hired = await store.actions.applying.page(store.org, broadcast, ApplicantFilter(states=("hired",)))

    assert [page.total for page in pages] == [5, 5, 5]
    assert [one.number for page in pages for one in page.applications] == ["0005", "0004", "0003", "0002", "0001"]
    assert [one.number for one in hired.applications] == ["0001"]


async def test_application_of_another_organisation_is_not_there(store: Store) -> None:
    """Neither to read nor to reveal."""
    broadcast = await a_broadcast(store)
    await some_apply(store, broadcast, 1)

    with pytest.raises(ApplicationNotFound):
        await store.actions.applying.reveal(
            OrgId(uuid4()), await first_application(store, broadcast), purpose="contact", by=BY
        )


# ── over HTTP ─────────────────────────────────────────────────────────────────────────────────────────────────


async def content_of(response: ClientResponse) -> bytes:
    """The bytes of an answer that has been read and released."""
    return (await response.text("latin-1")).encode("latin-1")


async def test_every_part_comes_as_csv_that_reads_back(store: Store) -> None:
    """A mark for Excel, names of the registry, as many lines as the report has."""
    broadcast = await a_show(store)
    await some_apply(store, broadcast, 6)
    await store.actions.report.set_platform_figures(store.org, broadcast, [TypedFigure("快手", "views", 21_480)], BY)
    report = await report_of(store, broadcast)

    async with a_site(store) as site:
        organiser = await site.signed_in(await site.account(AccountRole.ORGANISER))
        tables = {}
        for part in Part:
            response = await site.ask(
                "GET", f"/api/v1/broadcasts/{broadcast}/report.csv?part={part.value}", headers=organiser
            )
            content = await content_of(response)
            assert (response.status, response.content_type, content[:3]) == (200, "text/csv", b"\xef\xbb\xbf")
            assert response.headers["Content-Disposition"].startswith("attachment;")
            tables[part] = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))

    assert len({len(row) for row in tables[Part.CARDS]}) == 1
    assert [row[0] for row in tables[Part.CARDS][1:]] == [line.label for line in report.cards]
    assert len(tables[Part.EMPLOYERS]) == 1 + len(report.employers)
    assert len(tables[Part.CHANNELS]) == 1 + len(report.channels)
    assert len(tables[Part.TIMES]) == 1 + len(report.times)
    summary = {row[0]: row[1] for row in tables[Part.SUMMARY]}
    assert (summary["报名份数"], summary["到访人数"], summary["完成率"]) == ("6", "6", "100.0%")
    assert tables[Part.PLATFORM][1][:3] == ["快手", "观看人次", "21480"]


async def test_csv_of_a_rehearsal_holds_no_figure(store: Store) -> None:
    """One line says that it counts nowhere."""
    broadcast = await a_broadcast(store, rehearsal=True)

    async with a_site(store) as site:
        organiser = await site.signed_in(await site.account(AccountRole.ORGANISER))
        response = await site.ask("GET", f"/api/v1/broadcasts/{broadcast}/report.csv?part=cards", headers=organiser)

    assert (await response.text()).lstrip("\ufeff") == "彩排，不计入任何统计\r\n"


async def test_form_has_a_row_for_each_show_and_says_how_each_figure_counts(store: Store) -> None:
    """直播带岗活动情况统计表 with its 指标说明; a rehearsal has no row."""
    broadcast = await a_broadcast(store)
    await a_broadcast(store, rehearsal=True)
    await some_apply(store, broadcast, 2)

    async with a_site(store) as site:
        organiser = await site.signed_in(await site.account(AccountRole.ORGANISER))
        books = [
            load_workbook(io.BytesIO(await content_of(await site.ask("GET", path, headers=organiser))))
            for path in ("/api/v1/activity-form.xlsx", f"/api/v1/broadcasts/{broadcast}/activity-form.xlsx")
        ]

    for book in books:
        assert book.sheetnames == [FORM, "指标说明"]
        head, *rows = [list(row) for row in book[FORM].iter_rows(min_row=2, values_only=True)]
        [row] = [dict(zip(head, row, strict=True)) for row in rows]
        assert (row["报名份数"], row["报名人数"], row["岗位条数"], row["岗位数"]) == (2, 2, 3, 120)
        meanings = {line[0] for line in book["指标说明"].iter_rows(min_row=2, values_only=True)}
        assert {name for name in head if name in ("报名份数", "岗位条数", "岗位数", "到访人次")} <= meanings


@pytest.mark.parametrize("days", ["since=0001-01-01&until=0001-01-01", "since=9999-12-31&until=9999-12-31"])
async def test_a_form_of_days_at_the_end_of_the_calendar_is_refused(store: Store, days: str) -> None:
    """They have no day before, or after."""
    async with a_site(store) as site:
        organiser = await site.signed_in(await site.account(AccountRole.ORGANISER))

        answer = await site.ask("GET", f"/api/v1/activity-form.xlsx?{days}", headers=organiser)

    assert (answer.status, (await answer.json())["code"]) == (422, "bad_input")


async def test_handing_over_answers_one_file_and_leaves_one_record(store: Store) -> None:
    """Purpose and receiver are required; the list holds that employer's people in clear."""
    broadcast = await a_broadcast(store, jobs=2)
    await some_apply(store, broadcast, 3)
    await some_apply(store, broadcast, 1, job=1)
    employer = (await report_of(store, broadcast)).employers[0].employer_id
    path = f"/api/v1/broadcasts/{broadcast}/hand-overs"

    async with a_site(store) as site:
        organiser = await site.signed_in(await site.account(AccountRole.ORGANISER))
        wanted = {"employer_id": str(employer), "purpose": "联系应聘者", "receiver": "张经理"}
        incomplete = await site.ask("POST", path, json={**wanted, "receiver": "\u200b "}, headers=organiser)
        response = await site.ask("POST", path, json=wanted, headers=organiser)
        acts = (await (await site.ask("GET", path, headers=organiser)).json())["hand_overs"]

    assert incomplete.status == 422
    page = load_workbook(io.BytesIO(await content_of(response))).active
    assert page is not None
    phones = [row[2] for row in page.iter_rows(min_row=2, values_only=True)]
    assert phones == [a_phone(1), a_phone(2), a_phone(3)]
    assert [(act["receiver"], act["count"]) for act in acts] == [("张经理", 3)]
    assert await audit_rows(store) == [("hand_over", "联系应聘者")]
    lines = {line.employer_id: line for line in (await report_of(store, broadcast)).employers}
    assert lines[employer].handed_over_at == store.clock()
    assert sum(line.handed_over_at is None and line.to_hand_over > 0 for line in lines.values()) == 1


async def test_report_says_its_sentence_in_both_languages_of_what_was_presented(store: Store) -> None:
    """What goes upward is made in one place; it once told the presented jobs beside the openings of the whole tray."""
    broadcast = await a_broadcast(store)
    await some_apply(store, broadcast, 2)
    await store.actions.stage.push(store.org, broadcast, (await cards_of(store, broadcast))[0], BY, uuid4())
    store.clock.forward(minutes=126)
    await store.actions.stage.end(store.org, broadcast, BY, UUID(int=1))

    async with a_site(store) as site:
        organiser = await site.signed_in(await site.account(AccountRole.ORGANISER))
        said = (await (await site.ask("GET", f"/api/v1/broadcasts/{broadcast}/report", headers=organiser)).json())[
            "sentence"
        ]

    assert said["zh-CN"] == (
        "本场播出2小时06分，讲解岗位1条、提供岗位40个。本页到访2人次、2人，收到报名2份、2人；企业已联系0人，入职0人。"
    )
    assert said["en"].startswith("On air for 2 h 06 min; 1 job presented, 40 openings offered. This page had 2 visits")
