"""An employer collects its list by a link and a code, on a real PostgreSQL and through the real door."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import openpyxl
import pytest
import pytest_asyncio
from aiohttp import ClientResponse

from stream_jobs.actions.collecting import Made
from stream_jobs.domain.collecting import CollectionRefused, CollectionUsedUp
from stream_jobs.domain.errors import StreamJobsError
from stream_jobs.domain.ids import BroadcastId, EmployerId
from stream_jobs.domain.people_sheet.results import OFFERED
from stream_jobs.ports import AccountRole
from tests.builders import BY, Store, a_broadcast, an_organisation, apply, batching, jobs_of
from tests.site import Site, a_site

NOWHERE = "A" * 32


@dataclass(frozen=True)
class Handed:
    """A show whose first job's employer has two applicants, and a link to collect them."""

    store: Store
    broadcast: BroadcastId
    employer: EmployerId
    made: Made

    async def enter(self, code: str | None = None, *, token: str | None = None, shows: bool = True) -> Any:
        return await self.store.actions.collecting.enter(token or self.made.token, code or self.made.code, shows=shows)

    @property
    def wrong(self) -> str:
        return f"{(int(self.made.code) + 1) % 1_000_000:06}"

    async def state(self) -> str:
        links = await self.store.actions.collecting.listed(self.store.org, self.broadcast)
        return next(link.state.value for link in links if link.id == self.made.collection.id)


@pytest_asyncio.fixture
async def handed(store: Store) -> AsyncIterator[Handed]:
    async with batching(store):
        broadcast = await a_broadcast(store, jobs=2)
        first, second = await jobs_of(store, broadcast)
        await apply(store, broadcast, first, phone="13800000001", name="王师傅")
        await apply(store, broadcast, first, phone="13800000002", name="李师傅")
        await apply(store, broadcast, second, phone="13800000003", name="赵师傅")
        listed = await store.actions.applying.listed(store.org, broadcast)
        employer = next(one.employer_id for one in listed if one.job_id == first)
        yield Handed(store, broadcast, employer, await a_link(store, broadcast, employer))


async def a_link(store: Store, broadcast: BroadcastId, employer: EmployerId) -> Made:
    return await store.actions.collecting.make(
        store.org, broadcast, employer, purpose="联系应聘者", receiver="张经理", by=BY
    )


async def test_link_and_code_show_the_list_count_and_record_it(handed: Handed) -> None:
    """One's own employer's applicants in clear, seen from then on, by name of the receiver."""
    store = handed.store
    before = await store.actions.applying.handed_over(store.org, handed.broadcast)

    _, entered = await handed.enter()

    assert [(line.number, line.name, line.phone) for line in entered.lines] == [
        ("0001", "王师傅", "+8613800000001"),
        ("0002", "李师傅", "+8613800000002"),
    ]
    assert (entered.openings_left, await handed.state()) == (2, "open")
    acts = await store.actions.applying.handed_over(store.org, handed.broadcast)
    assert (list(before), [(act.receiver, act.count, act.by_link) for act in acts]) == ([], [("张经理", 2, True)])
    assert await viewers(store) == ["张经理", "张经理"]
    assert await audited(store) == ["collection_made", "collection_opened"]


async def test_twenty_at_once_open_a_link_of_three_exactly_three_times(handed: Handed) -> None:
    """Whoever comes at the same time is counted one after the other."""
    answers = await asyncio.gather(*(handed.enter() for _ in range(20)), return_exceptions=True)

    opened = [answer for answer in answers if not isinstance(answer, BaseException)]
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert (len(opened), {type(one) for one in refused}) == (3, {CollectionUsedUp})
    assert sorted(entered.openings_left for _, entered in opened) == [0, 1, 2]
    assert await handed.state() == "used_up"
    assert len(await handed.store.actions.applying.handed_over(handed.store.org, handed.broadcast)) == 3


async def test_five_wrong_codes_close_the_link_for_the_right_one_too(handed: Handed) -> None:
    """Whoever guesses has five tries, also when they come at once."""
    answers = await asyncio.gather(*(handed.enter(handed.wrong) for _ in range(8)), return_exceptions=True)

    assert {type(answer) for answer in answers} == {CollectionRefused}
    with pytest.raises(CollectionRefused):
        await handed.enter()
    assert await handed.state() == "closed"
    assert await audited(handed.store) == ["collection_made", "collection_closed"]


async def test_a_link_ends_after_its_hours_and_when_it_is_taken_back(handed: Handed) -> None:
    """Tickets given before end with it."""
    store = handed.store
    secret, _ = await handed.enter()
    other = await a_link(store, handed.broadcast, handed.employer)
    held, _ = await store.actions.collecting.enter(other.token, other.code, shows=True)

    await store.actions.collecting.revoke(store.org, handed.broadcast, other.collection.id, BY)
    for token, ticket in ((other.token, held), (handed.made.token, held), (handed.made.token, "x")):
        with pytest.raises(CollectionRefused):
            await store.actions.collecting.lines(token, ticket)
    assert len((await store.actions.collecting.lines(handed.made.token, secret))[1]) == 2

    store.clock.forward(hours=3)
    with pytest.raises(CollectionRefused):
        await store.actions.collecting.lines(handed.made.token, secret)
    store.clock.forward(hours=69)
    with pytest.raises(CollectionRefused):
        await handed.enter()
    assert await handed.state() == "expired"


async def test_a_ticket_to_bring_back_shows_nothing_and_counts_nothing(handed: Handed) -> None:
    """Also after the last opening."""
    for _ in range(3):
        await handed.enter()

    secret, entered = await handed.enter(shows=False)

    assert (entered.lines, entered.openings_left) == (None, 0)
    assert (await handed.store.actions.collecting.collector(handed.made.token, secret)).employer_id == handed.employer
    with pytest.raises(CollectionRefused):
        await handed.store.actions.collecting.lines(handed.made.token, secret)


async def test_nobody_who_withdrew_is_on_the_list_and_who_came_later_is(handed: Handed) -> None:
    """Each opening is a hand-over of its own, of the list as it is then."""
    store = handed.store
    first, _ = await jobs_of(store, handed.broadcast)
    await apply(store, handed.broadcast, first, phone="13800000009", name="孙师傅")
    async with store.database.transaction(store.org) as tx:
        await tx.execute("UPDATE application SET state = 'withdrawn' WHERE number = 1")

    _, entered = await handed.enter()

    assert [line.name for line in entered.lines] == ["李师傅", "孙师傅"]


async def test_neither_token_nor_code_is_in_the_database(handed: Handed) -> None:
    """Who reads the tables can open nothing."""
    async with handed.store.database.transaction(handed.store.org) as tx:
        row = await tx.fetchval("SELECT collection::text FROM collection")

    assert handed.made.token not in row
    assert handed.made.code not in row.replace(str(handed.made.collection.id), "")


async def viewers(store: Store) -> list[str]:
    async with store.database.transaction(store.org) as tx:
        return [row["by_name"] for row in await tx.fetch("SELECT by_name FROM application_event WHERE kind = 'viewed'")]


async def audited(store: Store) -> list[str]:
    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch("SELECT action FROM audit WHERE action LIKE 'collection%' ORDER BY number")
    return [row["action"] for row in rows]


# ── through the door ──────────────────────────────────────────────────────────────────────────────────────────


@pytest_asyncio.fixture
async def site(handed: Handed) -> AsyncIterator[Site]:
    async with a_site(handed.store) as site:
        yield site


async def said(site: Site, token: str, code: str, to: str = "open") -> tuple[int, Any]:
    answer = await site.ask("POST", f"/api/v1/collections/{token}/enter", json={"code": code, "to": to})
    body = await answer.json(content_type=None)
    return answer.status, {**body, "request_id": None}


async def test_missing_foreign_expired_revoked_and_closed_links_look_the_same(handed: Handed, site: Site) -> None:
    """And so does a wrong code of a link that lives: nobody learns which it was."""
    store = handed.store
    links = [await a_link(store, handed.broadcast, handed.employer) for _ in range(3)]
    revoked, closed, expired = links
    await store.actions.collecting.revoke(store.org, handed.broadcast, revoked.collection.id, BY)
    for _ in range(5):
        with pytest.raises(StreamJobsError):
            await store.actions.collecting.enter(closed.token, "x", shows=True)
    async with store.database.transaction(store.org) as tx:
        await tx.execute("UPDATE collection SET expires_at = $2 WHERE id = $1", expired.collection.id, store.clock())

    answers = [
        await said(site, NOWHERE, "123456"),
        await said(site, handed.made.token, handed.wrong),
        *[await said(site, link.token, link.code) for link in links],
    ]
    pages = {await page(site, token) for token in (NOWHERE, handed.made.token, revoked.token)}

    assert answers[0][0] == 404
    assert all(answer == answers[0] for answer in answers)
    assert len(pages) == 1


async def page(site: Site, token: str) -> str:
    answer = await site.ask("GET", f"/collect/{token}")
    assert answer.headers["Cache-Control"] == "no-store"
    return (await answer.text()).replace(token, "")


async def test_organiser_makes_a_link_and_the_employer_takes_a_workbook_with_choices(
    handed: Handed, site: Site
) -> None:
    """The code may be typed with spaces and full-width digits; the cell of the result offers what is understood."""
    organiser = await site.signed_in(await site.account(AccountRole.ORGANISER))
    links = f"/api/v1/broadcasts/{handed.broadcast}/collections"
    body = {"employer_id": str(handed.employer), "purpose": "联系应聘者", "receiver": "张经理"}
    made = await (await site.ask("POST", links, json=body, headers=organiser)).json()
    token = made["url"].rpartition("/collect/")[2]
    wide = " ".join(chr(ord(c) - ord("0") + ord("０")) for c in made["code"])

    status, opened = await said(site, token, wide)
    answer = await site.ask("POST", f"/api/v1/collections/{token}/file", json={"ticket": opened["ticket"]})
    listed = await (await site.ask("GET", links, headers=organiser)).json()

    assert (status, opened["lines"][0]["phone"], opened["openings_left"]) == (200, "13800000001", 2)
    sheet = openpyxl.load_workbook(io.BytesIO(content_of(answer))).worksheets[0]
    assert [cell.value for cell in sheet[1]] == ["编号", "称呼", "手机", "岗位", "报名时间", "联系结果", "备注"]
    (rule,) = sheet.data_validations.dataValidation
    assert (str(rule.sqref), rule.formula1) == ("F2:F3", f'"{",".join(OFFERED)}"')
    newest = listed["collections"][0]
    assert (newest["openings"], newest["state"], newest["receiver"]) == (1, "open", "张经理")


def content_of(answer: ClientResponse) -> bytes:
    """What a_site has read already."""
    return answer._body or b""


async def test_another_organisations_link_cannot_be_taken_back(handed: Handed, site: Site) -> None:
    """It looks like one that is missing."""
    foreign = await an_organisation(handed.store.stores, handed.store.clock, "另一个县")
    organiser = await site.signed_in(await site.account(AccountRole.ORGANISER, org=foreign))

    async def revoked(id_: UUID) -> tuple[int, Any]:
        path = f"/api/v1/broadcasts/{handed.broadcast}/collections/{id_}/revoke"
        answer = await site.ask("POST", path, json={}, headers=organiser)
        return answer.status, {**await answer.json(content_type=None), "request_id": None}

    assert await revoked(handed.made.collection.id) == await revoked(uuid4())
    assert await handed.state() == "open"
