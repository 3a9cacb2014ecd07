"""Reminders: to those who have not collected, once, and said plainly when there is no gateway."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

import pytest

from stream_jobs.actions.reminders import ReminderActions
from stream_jobs.domain.errors import NoGateway, NoticeRefused, NoticesUnavailable
from stream_jobs.domain.ids import BroadcastId, EmployerId, OrgId
from stream_jobs.domain.notices import NoticeKind, notice_text
from stream_jobs.domain.vetting import china_date
from stream_jobs.notices import ConsoleNotices
from stream_jobs.ports import AccountRole
from stream_jobs.ports.work import Order, TellWhoIsDue
from tests.builders import BY, Store, a_broadcast, a_phone, apply, batching, handlers_over, jobs_of
from tests.site import a_site

MOBILE = "13900000009"


@dataclass
class Gateway:
    """A gateway that remembers what it took, or fails as told."""

    sent: list[tuple[NoticeKind, str, str, UUID | None]] = field(default_factory=list)
    fails: Exception | None = None
    reaches_phones = True

    async def send(
        self, kind: NoticeKind, phone: str, text_params: Mapping[str, str], *, message_id: UUID | None = None
    ) -> None:
        if self.fails:
            raise self.fails
        self.sent.append((kind, phone, notice_text(kind, text_params), message_id))


async def _a_show(store: Store, *, people: int = 3, mobile: bool = True) -> tuple[BroadcastId, EmployerId]:
    broadcast = await a_broadcast(store, jobs=1)
    job = (await jobs_of(store, broadcast))[0]
    async with batching(store):
        for n in range(people):
            await apply(store, broadcast, job, phone=a_phone(n + 1))
    async with store.database.transaction(store.org) as tx:
        employer = await tx.fetchval("SELECT employer_id FROM job WHERE id = $1", job)
        if mobile:
            await tx.execute("UPDATE employer SET contact_phone = $2 WHERE id = $1", employer, MOBILE)
    return broadcast, EmployerId(employer)


async def _waiting_work(store: Store) -> list[tuple[OrgId | None, Order]]:
    async with store.database.transaction(None) as tx:
        rows = await tx.fetch("SELECT payload FROM work.pgqueuer WHERE status = 'queued' ORDER BY id")
        await tx.execute("DELETE FROM work.pgqueuer")
    orders = [Order.model_validate_json(row["payload"]) for row in rows]
    return [(order.org_id, order) for order in orders]


async def _work(store: Store, gateway: Gateway) -> None:
    """Does what was enqueued."""
    for org, order in await _waiting_work(store):
        await handlers_over(store, gateway).handle(org, order.work, order.at)


def _actions(store: Store, gateway: Gateway) -> ReminderActions:
    return ReminderActions(store.stores.reminders, gateway, store.clock)


async def test_an_employer_who_has_not_collected_is_reminded_once_an_hour(store: Store) -> None:
    """The message says how many wait and whom to call; pressing again sends nothing more."""
    broadcast, employer = await _a_show(store)
    gateway = Gateway()
    actions = _actions(store, gateway)

    first = await actions.remind(store.org, broadcast, [employer], BY)
    again = await actions.remind(store.org, broadcast, [employer], BY)
    await _work(store, gateway)
    (one,) = await actions.uncollected(store.org, broadcast)
    store.clock.forward(minutes=61)
    later = await actions.remind(store.org, broadcast, [employer], BY)

    assert (first, again, later) == (1, 0, 1)
    ((kind, phone, text, message_id),) = gateway.sent
    assert (kind, phone) == (NoticeKind.LIST_WAITING, "+86" + MOBILE)
    assert "3人报名" in text and "0000-1200000" in text and text == one.text and message_id
    assert one.last is not None and one.last.sent_at is not None and one.last.by == BY.name


async def test_who_collected_or_has_an_account_is_not_reminded(store: Store) -> None:
    """Nor one who has only a landline: that one is to be called."""
    collected, employer = await _a_show(store)
    landline, other = await _a_show(store, mobile=False)
    gateway = Gateway()
    actions = _actions(store, gateway)
    await store.actions.applying.hand_over(store.org, collected, employer, purpose="联系", receiver="李经理", by=BY)

    assert await actions.uncollected(store.org, collected) == []
    (one,) = await actions.uncollected(store.org, landline)
    assert not one.mobile
    assert await actions.remind(store.org, landline, [other], BY) == 0


async def test_without_a_gateway_it_says_so_and_gives_the_text(store: Store) -> None:
    """Nothing is enqueued that could never be sent."""
    broadcast, employer = await _a_show(store)
    actions = ReminderActions(store.stores.reminders, ConsoleNotices(), store.clock)

    assert not actions.can_send
    with pytest.raises(NoGateway):
        await actions.remind(store.org, broadcast, [employer], BY)
    assert await _waiting_work(store) == []
    assert "3人报名" in (await actions.uncollected(store.org, broadcast))[0].text


async def test_what_the_gateway_refuses_is_written_down_and_what_is_away_is_tried_again(store: Store) -> None:
    """The page shows why; a refused one may be asked for again at once."""
    broadcast, employer = await _a_show(store)
    gateway = Gateway(fails=NoticesUnavailable())
    actions = _actions(store, gateway)
    await actions.remind(store.org, broadcast, [employer], BY)
    ((org, order),) = await _waiting_work(store)
    handlers = handlers_over(store, gateway)

    with pytest.raises(NoticesUnavailable):
        await handlers.handle(org, order.work, order.at)
    gateway.fails = NoticeRefused()
    await handlers.handle(org, order.work, order.at)
    (one,) = await actions.uncollected(store.org, broadcast)
    assert one.last is not None and (one.last.sent_at, one.last.failure) == (None, "notice_refused")

    gateway.fails = None
    assert await actions.remind(store.org, broadcast, [employer], BY) == 1
    await _work(store, gateway)
    assert len(gateway.sent) == 1


async def test_work_that_comes_twice_sends_one_message(store: Store) -> None:
    """After a crash between sending and saying so, the gateway knows the message by its id."""
    broadcast, employer = await _a_show(store)
    gateway = Gateway()
    await _actions(store, gateway).remind(store.org, broadcast, [employer], BY)
    ((org, order),) = await _waiting_work(store)

    for _ in range(2):
        await handlers_over(store, gateway).handle(org, order.work, order.at)

    assert len(gateway.sent) == 1


async def test_employers_with_people_to_call_are_told_once_a_day(store: Store) -> None:
    """From the day after; not those whose list nobody gave them yet."""
    handed, employer = await _a_show(store)
    await _a_show(store, people=2)
    await store.actions.applying.hand_over(store.org, handed, employer, purpose="联系", receiver="李经理", by=BY)
    gateway = Gateway()
    handlers = handlers_over(store, gateway)
    told = []
    for hours in (1, 24, 1, 24):
        store.clock.forward(hours=hours)
        await handlers.handle(None, TellWhoIsDue(), store.clock())
        await _work(store, gateway)
        told.append(len(gateway.sent))

    assert told == [0, 1, 1, 2]
    assert "有3位" in gateway.sent[0][2]


async def test_a_day_that_was_set_comes_round(store: Store) -> None:
    """Also for someone who was called long ago, until the application is closed."""
    broadcast, employer = await _a_show(store, people=2)
    await store.actions.applying.hand_over(store.org, broadcast, employer, purpose="联系", receiver="李经理", by=BY)
    async with store.database.transaction(store.org) as tx:
        await tx.execute("UPDATE application SET state = 'interview', next_on = $1", china_date(store.clock()))
        await tx.execute("UPDATE application SET state = 'rejected' WHERE number = 1")
    gateway = Gateway()
    await handlers_over(store, gateway).handle(None, TellWhoIsDue(), store.clock())
    await _work(store, gateway)

    assert ["有1位" in text for _, _, text, _ in gateway.sent] == [True]


async def test_the_report_reminds_over_http(store: Store) -> None:
    """And names no list of another organisation."""
    broadcast, employer = await _a_show(store)
    gateway = Gateway()
    async with a_site(replace(store, actions=replace(store.actions, reminders=_actions(store, gateway)))) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        path = f"/api/v1/broadcasts/{broadcast}/reminders"
        before = await (await site.ask("GET", path, headers=headers)).json()
        after = await (await site.ask("POST", path, json={"employer_ids": [str(employer)]}, headers=headers)).json()
        unknown = await site.ask("POST", path, json={"employer_ids": [str(uuid4())]}, headers=headers)

    assert before["can_send"] and before["employers"][0]["last"] is None
    assert after["employers"][0]["last"]["sent_at"] is None
    assert unknown.status == 200
