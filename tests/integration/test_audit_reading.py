"""The audit is read: by cursor and filter, by whoever may, and without anybody's name or number."""

from datetime import datetime
from typing import Any

from stream_jobs.domain.ids import ApplicationId, OrgId
from stream_jobs.domain.vetting import CHINA
from stream_jobs.ports import Account, AccountRole
from stream_jobs.ports.audit import AuditFilter
from tests.builders import Store, a_broadcast, an_employer, an_organisation, apply, batching, jobs_of
from tests.site import SYSTEM, Site, a_site

AUDIT = "/api/v1/audit"


async def an_organiser(site: Site, org: OrgId | None = None) -> tuple[Account, dict[str, str]]:
    account = await site.account(AccountRole.ORGANISER, org=org)
    return account, await site.signed_in(account)


async def read(site: Site, headers: dict[str, str], query: str = "") -> dict[str, Any]:
    answer = await site.ask("GET", AUDIT + query, headers=headers)
    assert answer.status == 200, await answer.text()
    page: dict[str, Any] = await answer.json()
    return page


def acts(page: dict[str, Any]) -> list[str]:
    return [entry["action"] for entry in page["entries"]]


async def a_busy_day(store: Store, account: Account) -> ApplicationId:
    """A number is read, a list is collected by its link, a device is kept out with a reason that says too much."""
    broadcast, by = await a_broadcast(store, jobs=1), account.by
    async with batching(store):
        job = (await jobs_of(store, broadcast))[0]
        application = ApplicationId((await apply(store, broadcast, job, phone="13800000001", name="王师傅")).receipt_id)
    employer = (await store.actions.applying.listed(store.org, broadcast))[0].employer_id
    await store.actions.applying.reveal(store.org, application, purpose="contact", by=by)
    collecting = store.actions.collecting
    made = await collecting.make(store.org, broadcast, employer, purpose="联系应聘者", receiver="张经理", by=by)
    await collecting.enter(made.token, made.code, shows=True)
    await store.actions.bans.ban(store.org, broadcast, application, reason="13800000001 刷屏", by=by)
    return application


async def test_who_did_what_is_read_without_applicants_numbers_and_receivers_names(store: Store) -> None:
    """Staff are named; whoever came by a link is not, nor what was typed of a number; the id leads to all of it."""
    async with a_site(store) as site:
        account, headers = await an_organiser(site)
        application = await a_busy_day(store, account)

        page = await read(site, headers, "?limit=4")
        of_one = await read(site, headers, f"?subject={application}")

    assert acts(page) == ["ban", "collection_opened", "collection_made", "reveal"]
    assert [entry["actor"] for entry in page["entries"]] == [account.name, None, account.name, account.name]
    assert [entry["purpose"] for entry in page["entries"]] == ["… 刷屏", "联系应聘者", "联系应聘者", "contact"]
    assert page["entries"][1]["detail"]["count"] == 1
    [one] = of_one["entries"]
    assert (one["action"], one["name"], one["subject_kind"]) == ("reveal", "查看完整号码", "application")
    assert one["subject_name"].endswith(" 0001")
    assert not [word for word in ("张经理", "王师傅", "13800000001") if word in str(page)]


async def test_pages_tell_everything_once_the_newest_first(store: Store) -> None:
    """Also when somebody does something between two pages."""
    async with a_site(store) as site:
        _, headers = await an_organiser(site)
        names = [f"示例·企业{nth}" for nth in range(5)]
        for name in names:
            await store.actions.postings.verify_employer(store.org, await an_employer(store, name), SYSTEM)
        wanted = "?action=employer.verified&limit=2"
        first = await read(site, headers, wanted)
        await store.actions.postings.verify_employer(store.org, await an_employer(store, "示例·后来"), SYSTEM)
        second = await read(site, headers, f"{wanted}&cursor={first['next_cursor']}")
        third = await read(site, headers, f"{wanted}&cursor={second['next_cursor']}")

    numbers = [entry["number"] for page in (first, second, third) for entry in page["entries"]]
    assert len(numbers) == 5 and numbers == sorted(numbers, reverse=True)
    assert third["next_cursor"] is None


async def test_it_is_filtered_by_who_and_when_and_seen_by_its_own_organisation_alone(store: Store) -> None:
    """Days are China's, the last one included; what another organisation did is not there."""
    other = await an_organisation(store.stores, store.clock, "示例·邻县人社局")
    employer = await an_employer(store)
    # Half past midnight in China, the evening before elsewhere.
    store.clock.forward(seconds=(datetime(2030, 3, 5, 0, 30, tzinfo=CHINA) - store.clock()).total_seconds())
    async with a_site(store) as site:
        account, headers = await an_organiser(site)
        _, foreign = await an_organiser(site, other)
        await store.actions.postings.verify_employer(store.org, employer, account.by)
        yesterday, today, tomorrow = "2030-03-04", "2030-03-05", "2030-03-06"

        mine = await read(site, headers, f"?account_id={account.id}&since={today}&until={today}")
        later = await read(site, headers, f"?since={tomorrow}")
        earlier = await read(site, headers, f"?until={yesterday}")
        theirs = await read(site, foreign)

    assert acts(mine) == ["employer.verified"]
    assert acts(later) == acts(earlier) == []
    assert "employer.verified" not in acts(theirs)
    everywhere = await store.stores.audit_reading.everywhere(AuditFilter(), limit=2)
    assert [entry.at for _, entry in everywhere] == sorted((entry.at for _, entry in everywhere), reverse=True)
    assert {org for org, _ in await store.stores.audit_reading.everywhere(AuditFilter(), limit=9)} == {store.org, other}
