"""The recruiter's desk: whose applications, found how, what was done about them, and what stays after erasing."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from storage.followed import LISTED, Reader, searched
from storage.people import People
from storage.vault import Vault
from stream_jobs.domain.errors import ApplicationNotFound, BadInput
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.following import Reason, State
from stream_jobs.domain.ids import ApplicationId, BroadcastId, PersonId, ReceiptId
from stream_jobs.domain.searching import terms
from stream_jobs.keys import Keys
from stream_jobs.ports import AccountRole, By, FollowedFilter, Move, NewFollowUp, Resume
from stream_jobs.verify.run import verify
from tests.builders import (
    BY,
    Store,
    a_broadcast,
    a_job,
    a_phone,
    a_watcher,
    an_employer,
    apply,
    batching,
)
from tests.crowd import a_crowd
from tests.report_builders import a_channel
from tests.site import Site, a_site

ANNA = By(None, "恒顺招聘部 小安")


class Desk:
    """One employer with a job in two broadcasts, and another employer beside it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.recruiting = store.actions.recruiting
        self.shows: list[BroadcastId] = []

    async def settle(self) -> "Desk":
        self.own, self.other = await an_employer(self.store), await an_employer(self.store)
        self.job = await a_job(self.store, title="注塑操作工", employer=self.own)
        self.second = await a_job(self.store, title="品检员", employer=self.own)
        self.foreign_job = await a_job(self.store, title="普工", employer=self.other)
        for _ in range(2):
            show = await a_broadcast(self.store, jobs=0)
            await self.store.stores.trays.add_cards(
                self.store.org, show, [self.job, self.second, self.foreign_job], [], at=self.store.clock(), by=BY
            )
            self.shows.append(show)
        return self

    async def applied(
        self,
        number: int = 1,
        name: str | None = "王师傅",
        *,
        show: int = 0,
        job: Any = None,
        watcher: Watcher | None = None,
        resume: Resume | None = None,
    ) -> ApplicationId:
        """A second later than the one before."""
        self.store.clock.forward(seconds=1)
        watcher = watcher or a_watcher()
        async with batching(self.store):
            receipt = await apply(
                self.store, self.shows[show], job or self.job, watcher=watcher, phone=a_phone(number), name=name
            )
        if resume:
            await self.store.actions.applying.save_resume(
                self.store.org, self.shows[show], watcher.viewer_id, receipt.receipt_id, resume
            )
        return ApplicationId(receipt.receipt_id)

    async def listed(self, **wanted: Any) -> list[UUID]:
        page = await self.recruiting.listed(self.store.org, self.own, FollowedFilter(**wanted))
        return [one.id for one in page.applications]

    async def found(self, typed: str, **wanted: Any) -> list[UUID]:
        return await self.listed(terms=terms(typed), **wanted)

    async def said(self, application: ApplicationId, kind: Any, said: str | None = None, **more: Any) -> Any:
        new = NewFollowUp(application, kind, said, **more)
        return await self.recruiting.follow_up(self.store.org, new, ANNA, employer=self.own)

    async def open(self, application: ApplicationId, *, by: By = ANNA) -> Any:
        return await self.recruiting.open(self.store.org, application, by, employer=self.own)


async def person_of(store: Store, application: ApplicationId) -> PersonId:
    async with store.database.transaction(store.org) as tx:
        return PersonId(await tx.fetchval("SELECT person_id FROM application WHERE id = $1", application))


# ── the list ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_own_applications_of_all_broadcasts_come_newest_first_by_pages(store: Store) -> None:
    """The other employer's are not there; no page repeats or misses one, also when a new one arrives in between."""
    desk = await Desk(store).settle()
    ids = [await desk.applied(n, show=n % 2) for n in range(1, 6)]
    await desk.applied(9, job=desk.foreign_job)

    seen, after = [], None
    for _ in range(3):
        page = await desk.recruiting.listed(store.org, desk.own, FollowedFilter(limit=2, after=after))
        seen += [one.id for one in page.applications]
        if page.next is None:
            break
        last = page.applications[-1]
        after = (last.at, last.id)
        await desk.applied(20 + len(seen))

    assert seen == ids[::-1]


async def test_list_is_masked_and_says_where_each_came_from(store: Store) -> None:
    """Broadcast, card and channel stay with it; a person with two applications is marked."""
    desk = await Desk(store).settle()
    channel = await a_channel(store, desk.shows[0], "城关镇驿站")
    watcher = a_watcher()
    await desk.applied(1, show=0, watcher=Watcher(watcher.viewer_id, watcher.visit_id, channel))
    await desk.applied(1, show=1, job=desk.second)

    page = await desk.recruiting.listed(store.org, desk.own, FollowedFilter())
    [second, first] = page.applications

    assert (first.channel, first.card_label, first.broadcast_title) == ("城关镇驿站", "1号", "就业暖心季·东莞专场")
    assert (first.name_masked, first.phone_masked) == ("王**", "138****0001")
    assert (first.same_person, second.same_person) == (2, 2)
    assert "王师傅" not in page.model_dump_json() and "13800000001" not in page.model_dump_json()
    assert await desk.listed(channel="城关镇驿站") == [first.id]
    assert await desk.listed(channel="") == [second.id]


async def test_list_is_filtered_by_state_job_broadcast_day_and_waiting(store: Store) -> None:
    """Waiting are those of people nobody has called about that broadcast's jobs, as the report counts them."""
    desk = await Desk(store).settle()
    today = desk.recruiting.today()
    first = await desk.applied(1)
    same_person = await desk.applied(1, job=desk.second)
    later = await desk.applied(1, show=1)
    store.clock.forward(days=2)
    new = await desk.applied(2, show=1, job=desk.second)
    await desk.recruiting.move(store.org, [Move(first, State.CONTACTED)], ANNA, employer=desk.own)

    assert await desk.listed(waiting=True) == [new, later]
    assert await desk.listed(states=(State.CONTACTED,)) == [first]
    assert await desk.listed(job_id=desk.second) == [new, same_person]
    assert await desk.listed(broadcast_id=desk.shows[0]) == [same_person, first]
    assert await desk.listed(since=today + timedelta(days=1)) == [new]
    assert await desk.listed(until=today) == [later, same_person, first]
    work = await desk.recruiting.workload(store.org, desk.own)
    assert (work.states, work.waiting) == ({"applied": 3, "contacted": 1}, 2)
    reports = [await store.actions.report.report_now(store.org, show) for show in desk.shows]
    assert [report.figures.waiting for report in reports] == [0, 2]


# ── search ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_names_phones_numbers_and_resumes_are_found(store: Store) -> None:
    """By surname, any part of a name, the whole phone or its last four digits, the number, and words of a résumé."""
    desk = await Desk(store).settle()
    wang = await desk.applied(1, "王师傅", resume=Resume(skills="叉车证N1", experience="注塑三年"))
    ouyang = await desk.applied(20002, "欧阳女士", show=1)
    nameless = await desk.applied(30003, None, show=1, job=desk.second)

    assert await desk.found("王") == [wang]
    assert await desk.found("欧阳") == [ouyang] == await desk.found("女士") == await desk.found("阳女")
    assert await desk.found("138 0002 0002") == [ouyang]
    assert await desk.found("0003") == [nameless] == await desk.found("00030003")
    # Whoever calls says a number, and may mean either.
    assert await desk.found("0002") == [nameless, ouyang]
    assert await desk.found("叉车") == [wang] == await desk.found("王 Ｎ１") == await desk.found("注塑三年")
    assert await desk.found("叉车 女士") == await desk.found("师王") == await desk.found("0009 王") == []
    assert await desk.found("王", states=(State.HIRED,)) == []


async def test_what_only_looks_like_it_is_not_shown(store: Store) -> None:
    """Hashes of pairs do not say in which order they stood: hits are opened and compared."""
    desk = await Desk(store).settle()
    await desk.applied(1, "王师王傅师傅")
    right = await desk.applied(2, "王师傅")

    assert await desk.found("王师傅") == [right]


async def test_somebody_rare_is_found_at_once_among_thousands_who_share_a_word(store: Store, keys: Keys) -> None:
    """The only 郝女士 is not missed because a thousand newer ones are 女士: all words are looked for together."""
    desk = await Desk(store).settle()
    rare = await desk.applied(1, "郝女士", resume=Resume(skills="叉车证"))
    newest = await desk.applied(2, "王女士")
    await a_crowd(store.database, keys, desk.own, "刘女士", store.clock() + timedelta(seconds=1))

    assert await desk.found("郝 女士") == await desk.found("女士 0001") == await desk.found("女士 叉车") == [rare]
    assert await desk.found("王 女士") == [newest]


async def test_a_search_with_more_to_open_than_one_answer_opens_goes_on_where_it_ended(
    store: Store, keys: Keys
) -> None:
    """A thousand whose hashes only look like it make an empty page, which is not the last one."""
    desk = await Desk(store).settle()
    right = await desk.applied(1, "王师傅")
    await a_crowd(store.database, keys, desk.own, "王师王傅师傅", store.clock() + timedelta(seconds=1))

    async with a_site(store) as site:
        me = await site.signed_in(await site.account(AccountRole.RECRUITER, employer=desk.own))
        _, page = await asked(site, "GET", "/applications?q=王师傅", me)
        _, rest = await asked(site, "GET", f"/applications?q=王师傅&after={page['next']}", me)

    assert (page["applications"], page["next"] is None) == ([], False)
    assert ([one["id"] for one in rest["applications"]], rest["next"]) == ([str(right)], None)


async def test_search_sees_no_other_employers_applicants_nor_another_devices_resume(store: Store) -> None:
    """Somebody else who knows the phone number cannot put words into a résumé that the recruiter reads."""
    desk = await Desk(store).settle()
    await desk.applied(1, "王师傅", job=desk.foreign_job, resume=Resume(skills="叉车证"))
    own = await desk.applied(2, "王师傅")
    await desk.applied(2, "王师傅", resume=Resume(skills="会骗人"))

    assert await desk.found("王") == [own]
    assert await desk.found("叉车") == await desk.found("骗人") == []
    assert (await desk.open(own)).resume is None


async def test_a_resume_is_found_as_it_reads_now(store: Store) -> None:
    """Not by what it said before."""
    desk = await Desk(store).settle()
    watcher = a_watcher()
    one = await desk.applied(1, watcher=watcher, resume=Resume(skills="叉车证"))
    await store.actions.applying.save_resume(
        store.org, desk.shows[0], watcher.viewer_id, ReceiptId(one), Resume(skills="焊工证")
    )

    assert await desk.found("焊工") == [one] and await desk.found("叉车") == []
    assert (await desk.open(one)).resume == Resume(skills="焊工证")


async def test_older_applications_become_searchable(store: Store) -> None:
    """Those stored before there was a search; again changes nothing."""
    desk = await Desk(store).settle()
    one = await desk.applied(1, resume=Resume(skills="叉车证"))
    async with store.database.transaction(store.org) as tx:
        await tx.execute("UPDATE vault.application SET grams = NULL")
        await tx.execute("UPDATE vault.resume SET grams = NULL")
    assert await desk.found("王") == await desk.found("叉车") == []

    made = [await store.stores.reindexing.make_searchable() for _ in range(2)]

    assert made == [2, 0]
    assert await desk.found("王") == await desk.found("叉车") == await desk.found("0001") == [one]


async def test_a_forgotten_person_is_not_found_and_their_notes_are_gone(store: Store) -> None:
    """Nothing that could find them, no words about them, nothing left to do; the application and its state stay."""
    desk = await Desk(store).settle()
    one = await desk.applied(1, resume=Resume(skills="叉车证"))
    other = await desk.applied(2, "王女士", resume=Resume(skills="叉车证"))
    await desk.said(one, "called", "下周一来面试", next_on=desk.recruiting.today(), sets_next=True)

    await store.actions.person.erase(store.org, await person_of(store, one))

    assert await desk.found("王") == [other] == await desk.found("叉车")
    assert await desk.found("0001") == [one]  # the number of the application, not of the telephone
    opened = await desk.open(one)
    assert opened.follow_ups[0].said is None and opened.application.next_on is None
    assert opened.application.state == "contacted"


@pytest.mark.parametrize("held", [False, True], ids=["erased", "erased under a legal hold"])
async def test_staff_who_act_on_an_erased_persons_application_learn_and_keep_nothing_of_them(
    store: Store, held: bool
) -> None:
    """The state of a number without a name may move, and back; no word, day or contact comes near the person again."""
    desk = await Desk(store).settle()
    one = await desk.applied(1, resume=Resume(skills="叉车证"))
    await desk.said(one, "called", "下周一来面试")
    if held:
        until = store.clock().date() + timedelta(days=9)
        await store.stores.custody.hold(one, reason="仲裁案", until=until, by=BY, at=store.clock())
    await store.actions.person.erase(store.org, await person_of(store, one))
    day = desk.recruiting.today().isoformat()
    move = {"applications": [{"application_id": str(one)}], "state": "interview"}

    async with a_site(store) as site:
        me = await site.signed_in(await site.account(AccountRole.RECRUITER, employer=desk.own))
        path = f"/applications/{one}"
        _, moved = await asked(site, "POST", "/moves", me, move)
        _, undone = await asked(site, "POST", f"/moves/{moved['batch_id']}/undo", me)
        refused = [
            await asked(site, "POST", f"{path}/follow-ups", me, {"kind": "called", "said": "王师傅说来"}),
            await asked(site, "POST", f"{path}/follow-ups", me, {"kind": "called", "next_on": day}),
            await asked(site, "PUT", f"{path}/next", me, {"on": day}),
        ]
        reveal = await site.ask("POST", f"/api/v1/applications/{one}/reveal", json={"purpose": "contact"}, headers=me)
        silent = await asked(site, "POST", f"{path}/follow-ups", me, {"kind": "no_answer", "next_on": None})
        cleared, _ = await asked(site, "PUT", f"{path}/next", me, {"on": None})
        _, opened = await asked(site, "POST", f"{path}/open", me)
        _, found = await asked(site, "GET", "/applications?due=any&q=0001", me)

    assert (moved["moved"], undone["moved"], silent[0], cleared) == (1, 1, 200, 204)
    assert [(status, problem["code"]) for status, problem in refused] == [(404, "application_not_found")] * 3
    assert reveal.status == 404 and found["applications"] == []
    assert [(one["kind"], one["said"]) for one in opened["follow_ups"]] == [("no_answer", None), ("called", None)]
    shown = [opened["application"][name] for name in ("name_masked", "phone_masked", "state")]
    assert (opened["resume"], opened["files"], shown) == (None, [], ["", "***", "contacted"])
    assert (await verify(store.database, store.keys, None, store.clock())).differences == ()


# ── one application ───────────────────────────────────────────────────────────────────────────────────────────


async def test_opening_shows_history_notes_and_the_persons_other_applications(store: Store) -> None:
    """Newest first; what was taken back is told as undone."""
    desk = await Desk(store).settle()
    one = await desk.applied(1)
    again = await desk.applied(1, show=1, job=desk.second)
    await desk.applied(1, job=desk.foreign_job)
    moved = await desk.recruiting.move(store.org, [Move(one, State.REJECTED, Reason.FULL)], ANNA, employer=desk.own)
    assert (await desk.open(one)).undo == moved.batch_id
    assert moved.batch_id is not None
    await desk.recruiting.undo(store.org, moved.batch_id, ANNA, employer=desk.own)
    store.clock.forward(minutes=1)
    await desk.said(one, "no_answer")
    store.clock.forward(minutes=1)
    await desk.said(one, "called", "下周一来面试")

    opened = await desk.open(one)

    assert [(event.kind, event.reason, event.undone) for event in opened.events] == [
        ("contacted", None, False),
        ("viewed", None, False),
        ("rejected", "full", True),
        ("applied", None, False),
    ]
    assert [(one.kind, one.said, one.by) for one in opened.follow_ups] == [
        ("called", "下周一来面试", ANNA.name),
        ("no_answer", None, ANNA.name),
    ]
    assert [other.id for other in opened.others] == [again]
    assert (opened.application.last_kind, opened.application.viewed) == ("called", True)


async def test_reading_notes_or_a_resume_is_recorded_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nothing can be read, that it was asked for stands all the same; a person without either leaves no row."""
    desk = await Desk(store).settle()
    plain, told = await desk.applied(1), await desk.applied(2, resume=Resume(skills="叉车证"))

    await desk.open(plain)
    monkeypatch.setattr(Reader, "opened", lambda *_: (_ for _ in ()).throw(RuntimeError("the vault is shut")))
    with pytest.raises(RuntimeError):
        await desk.open(told)

    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch("SELECT action, subject FROM audit WHERE action = 'open'")
    assert [tuple(row) for row in rows] == [("open", str(told))]


async def test_what_was_said_is_sealed_and_a_first_answer_makes_contacted(store: Store) -> None:
    """No answer and a message are no contact; a call that was answered is, and can be undone as any move."""
    desk = await Desk(store).settle()
    one = await desk.applied(1)
    quiet = [(await desk.said(one, kind)).moved for kind in ("no_answer", "message")]
    made = await desk.said(one, "called", "说下周一来面试")
    again = await desk.said(one, "visited")

    assert quiet == [None, None] and again.moved is None
    assert made.moved is not None and made.moved.verdicts[0].state is State.CONTACTED
    async with store.database.transaction(store.org) as tx:
        sealed = await tx.fetchval("SELECT said FROM vault.follow_up")
    assert "下周一".encode() not in sealed
    report = await store.actions.report.report_now(store.org, desk.shows[0])
    assert (report.figures.applied.contacted, report.figures.waiting) == (1, 0)
    assert made.moved.batch_id is not None
    await desk.recruiting.undo(store.org, made.moved.batch_id, ANNA, employer=desk.own)
    report = await store.actions.report.report_now(store.org, desk.shows[0])
    assert (report.figures.applied.contacted, report.figures.waiting) == (0, 1)


async def test_days_that_have_come_are_listed_until_the_application_is_closed(store: Store) -> None:
    """Today's and overdue ones; a day in the past is not taken; who was rejected is nobody's task any more."""
    desk = await Desk(store).settle()
    today = desk.recruiting.today()
    soon, late, closed, never = [await desk.applied(n) for n in range(1, 5)]
    for one in (late, closed):
        await desk.recruiting.set_next(store.org, one, today, employer=desk.own)
    await desk.recruiting.move(store.org, [Move(closed, State.REJECTED, Reason.PAY)], ANNA, employer=desk.own)
    store.clock.forward(days=1)
    await desk.said(soon, "no_answer", next_on=today + timedelta(days=1), sets_next=True)
    await desk.said(soon, "message")

    assert await desk.listed(due="today") == [soon]
    assert await desk.listed(due="overdue") == [late]
    assert await desk.listed(due="any") == [late, soon]
    work = await desk.recruiting.workload(store.org, desk.own)
    assert (work.due_today, work.overdue) == (1, 1)
    for day in (today, today + timedelta(days=400)):
        with pytest.raises(BadInput):
            await desk.recruiting.set_next(store.org, never, day, employer=desk.own)
    await desk.recruiting.set_next(store.org, late, None, employer=desk.own)
    assert await desk.listed(due="any") == [soon]


async def test_another_employers_application_looks_missing(store: Store) -> None:
    """To open, to note and to plan, exactly as one that never was."""
    desk = await Desk(store).settle()
    foreign = await desk.applied(1, job=desk.foreign_job)

    for id_ in (foreign, ApplicationId(uuid4())):
        with pytest.raises(ApplicationNotFound):
            await desk.open(id_)
        with pytest.raises(ApplicationNotFound):
            await desk.said(id_, "called")
        with pytest.raises(ApplicationNotFound):
            await desk.recruiting.set_next(store.org, id_, None, employer=desk.own)


# ── over HTTP ─────────────────────────────────────────────────────────────────────────────────────────────────


async def asked(site: Site, method: str, path: str, headers: Mapping[str, str], body: object = None) -> tuple[int, Any]:
    answer = await site.ask(method, "/api/v1/desk" + path, json=body, headers=headers)
    return answer.status, await answer.json() if answer.status != 204 else None


async def test_a_recruiter_works_through_the_api(store: Store) -> None:
    """List, search, open, note, move in bulk and take back; another employer's desk is not there."""
    desk = await Desk(store).settle()
    ids = [str(await desk.applied(n)) for n in (1, 2)]
    foreign = str(await desk.applied(3, job=desk.foreign_job))
    day = (desk.recruiting.today() + timedelta(days=1)).isoformat()
    async with a_site(store) as site:
        me = await site.signed_in(await site.account(AccountRole.RECRUITER, employer=desk.own))
        status, page = await asked(site, "GET", "/applications?limit=1&q=王", me)
        assert status == 200 and page["applications"][0]["id"] == ids[1]
        _, rest = await asked(site, "GET", f"/applications?limit=1&q=王&after={page['next']}", me)
        assert [one["id"] for one in rest["applications"]] == [ids[0]]
        _, made = await asked(
            site,
            "POST",
            f"/applications/{ids[0]}/follow-ups",
            me,
            {"kind": "called", "said": "下周一来", "next_on": day},
        )
        assert (made["next_on"], made["moved"]["moved"]) == (day, 1)
        status, _ = await asked(site, "PUT", f"/applications/{ids[1]}/next", me, {"on": day})
        assert status == 204
        _, opened = await asked(site, "POST", f"/applications/{ids[0]}/open", me)
        assert opened["follow_ups"][0]["said"] == "下周一来"
        targets = [
            {"application_id": ids[0], "expected_state": "contacted"},
            {"application_id": ids[1], "expected_state": "contacted"},
            {"application_id": foreign},
        ]
        _, moved = await asked(site, "POST", "/moves", me, {"applications": targets, "state": "interview"})
        assert [v["code"] for v in moved["verdicts"]] == [None, "state_moved", "application_not_found"]
        _, undone = await asked(site, "POST", f"/moves/{moved['batch_id']}/undo", me)
        assert undone["moved"] == 1
        _, work = await asked(site, "GET", "", me)
        assert work["states"] == {"contacted": 1, "applied": 1}
        missing = [
            await asked(site, "GET", f"/applications?employer_id={desk.other}", me),
            await asked(site, "GET", f"?employer_id={uuid4()}", me),
        ]
        assert {(status, body["code"]) for status, body in missing} == {(404, "employer_not_found")}
        bad = await asked(site, "GET", "/applications?after=yesterday", me)
        assert (bad[0], bad[1]["field"]) == (422, "after")
        many = {"applications": [{"application_id": str(uuid4())}] * 201, "state": "valid"}
        assert (await asked(site, "POST", "/moves", me, many))[0] == 422


async def test_numbers_are_not_shown_by_the_hundred(store: Store) -> None:
    """One account asks for thirty, then as fast as people telephone; a colleague is not held up by it."""
    desk = await Desk(store).settle()
    path = f"/api/v1/applications/{await desk.applied(1)}/reveal"
    async with a_site(store) as site:
        me, colleague = [
            await site.signed_in(await site.account(AccountRole.RECRUITER, employer=desk.own)) for _ in range(2)
        ]
        answers = [await site.ask("POST", path, json={"purpose": "contact"}, headers=me) for _ in range(32)]
        other = await site.ask("POST", path, json={"purpose": "contact"}, headers=colleague)

    assert {answer.status for answer in answers[:30]} == {200}
    assert answers[-1].status == 429 and int(answers[-1].headers["Retry-After"]) >= 1
    assert other.status == 200


async def test_an_organiser_works_for_employers_without_a_recruiter(store: Store) -> None:
    """They telephone for them; where there is an account, its recruiter does."""
    desk = await Desk(store).settle()
    own, foreign = await desk.applied(1), await desk.applied(2, job=desk.foreign_job)
    async with a_site(store) as site:
        await site.account(AccountRole.RECRUITER, employer=desk.other)
        me = await site.signed_in(await site.account(AccountRole.ORGANISER))
        _, found = await asked(site, "GET", "/employers", me)
        assert [(one["employer_id"], one["waiting"]) for one in found["employers"]] == [(str(desk.own), 1)]
        assert (await asked(site, "GET", "", me))[1]["field"] == "employer_id"
        assert (await asked(site, "GET", f"?employer_id={desk.own}", me))[0] == 200
        assert (await asked(site, "GET", f"?employer_id={desk.other}", me))[0] == 403
        body = {"applications": [{"application_id": str(id_)} for id_ in (own, foreign)], "state": "contacted"}
        _, moved = await asked(site, "POST", "/moves", me, body)
        assert [v["verdict"] for v in moved["verdicts"]] == ["moved", "refused"]
        await asked(site, "POST", f"/applications/{own}/open", me)
    # An organiser's look is not the employer's.
    async with store.database.transaction(store.org) as tx:
        assert not await tx.fetchval("SELECT count(*) FROM application_event WHERE kind = 'viewed'")


# ── plans ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_neither_list_nor_search_reads_a_large_table_from_end_to_end(store: Store, keys: Keys) -> None:
    """A desk must not become slower with every other employer's applications."""
    desk = await Desk(store).settle()
    await desk.applied(1, resume=Resume(skills="叉车证"))
    await _fill(store, desk)
    people = People(Vault(keys))
    reader = Reader(people, store.org, desk.own)
    both = terms("叉车 0001")
    today = desk.recruiting.today()
    end = FollowedFilter()
    hashes = [one for term in both for one in reader._hashes(term)]
    given = reader._given(end, today, (store.clock() + timedelta(days=1), UUID(int=0)), 50)

    async with store.database.transaction(store.org) as tx:
        plans = [
            [row[0] for row in await tx.fetch(f"EXPLAIN {LISTED}", *given)],
            [row[0] for row in await tx.fetch(f"EXPLAIN {searched(2)}", *given, *hashes)],
        ]
        [control, *_] = [row[0] for row in await tx.fetch("EXPLAIN SELECT FROM vault.application WHERE name IS NULL")]
    async with store.database.maintenance() as tx:
        # What applications_of_grams does inside.
        found = "EXPLAIN SELECT FROM vault.application WHERE grams @> '{1,2}' AND org_id = $1"
        plans.append([row[0] for row in await tx.fetch(found, store.org)])

    whole = re.compile(r"Seq Scan on (application|application_event|receipt|person|resume|follow_up)\b")
    assert whole.search(control)
    assert [line for plan in plans for line in plan if whole.search(line)] == []
    assert any("vault_application_grams" in line for line in plans[2])


async def _fill(store: Store, desk: Desk) -> None:
    """Many applications of the other employer, with names and résumés."""
    given = [store.org, desk.shows[1], desk.foreign_job, desk.other, store.clock()]
    async with store.database.maintenance() as tx:
        for sql in MANY:
            await tx.execute(sql, *given[: max(int(n) for n in re.findall(r"\$(\d)", sql))])
    # As autovacuum does from time to time.
    async with store.database.maintenance() as tx:
        for index in ("vault_application_grams", "vault_resume_grams"):
            await tx.execute(f"SELECT gin_clean_pending_list('vault.{index}')")
        await tx.execute("ANALYZE")


MANY = (
    """
    INSERT INTO person (id, org_id, phone_hmac, created_at)
    SELECT id, $1, uuid_send(id), '2026-01-01+00' FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, 20000))
    """,
    """
    INSERT INTO application (id, org_id, broadcast_id, job_id, card_id, employer_id, person_id, viewer_id, number,
        first_channel_id, last_channel_id, state, at)
    SELECT o.id, $1, $2, $3, c.id, $4, o.id, o.id, 100000 + row_number() OVER (), o.id, o.id, 'applied', $5
    FROM person o JOIN card c ON c.broadcast_id = $2 AND c.job_id = $3 WHERE o.created_at < '2026-02-01+00'
    """,
    """
    INSERT INTO receipt (id, org_id, broadcast_id, viewer_id, key, body_mac, application_id, number, own, at)
    SELECT id, $1, broadcast_id, viewer_id, id, '', id, number, true, at FROM application WHERE number > 100000
    """,
    """
    INSERT INTO application_event (id, org_id, application_id, kind, at)
    SELECT id, $1, id, 'applied', at FROM application WHERE number > 100000
    """,
    """
    INSERT INTO follow_up (id, org_id, application_id, kind, by_name, at)
    SELECT id, $1, id, 'called', '', at FROM application WHERE number > 100000
    """,
    """
    INSERT INTO vault.application (application_id, org_id, person_id, grams)
    SELECT id, $1, person_id, ARRAY[number, number + 1, number % 100] FROM application WHERE number > 100000
    """,
    """
    INSERT INTO vault.person (person_id, org_id, phone)
    SELECT id, $1, '' FROM person WHERE created_at < '2026-02-01+00'
    """,
    """
    INSERT INTO vault.resume (person_id, viewer_id, id, org_id, resume, at, grams)
    SELECT person_id, viewer_id, id, $1, '', at, ARRAY[number, number + 1, number % 100] FROM application
    WHERE number > 100000
    """,
)
