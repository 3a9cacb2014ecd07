"""What an organisation says of itself: filled in by its organisers, shown to its viewers."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.ids import BroadcastId, OrgId, uuid7
from stream_jobs.domain.programme import NameTaken
from stream_jobs.domain.units import UnitKind
from stream_jobs.ports import AccountRole, NewOrganisation
from tests.builders import BY, Store, a_broadcast, an_organisation, jobs_of
from tests.site import a_site

OWN = "/api/v1/organisation"
NOTICE = "许可证：示例人服证字〔2026〕第1号\n\n投诉找监督科。"


@pytest.fixture
async def new(store: Store) -> Store:
    """Made as create-account makes one: with a name alone."""
    org = OrgId(uuid7(store.clock()))
    await store.stores.organisations.add(NewOrganisation(org, "示例·新县人社局", "county"), store.clock())
    return replace(store, org=org)


async def missing(store: Store, show: BroadcastId) -> tuple[str, ...]:
    checks = {check.code: check for check in await store.actions.programme.checks(store.org, show)}
    return checks["notices"].missing


async def keeper(store: Store, show: BroadcastId) -> str:
    job = (await jobs_of(store, show))[0]
    return (await store.actions.applying.consent(store.org, show, job)).keeper


async def change(store: Store, **changes: object) -> None:
    await store.actions.organisation.change(store.org, changes, BY)


async def test_what_a_new_organisation_lacks_is_filled_in_by_its_organiser_and_told_to_viewers(new: Store) -> None:
    """From the check that names it to the page that shows it, over HTTP."""
    show = await a_broadcast(new, jobs=1)
    assert await missing(new, show) == ("service_phone", "keeper_contact", "privacy_notice")

    async with a_site(new) as site:
        organiser = await site.signed_in(await site.account(AccountRole.ORGANISER))
        own = {"kind": "city", "service_phone": " 0000-1200001 ", "privacy_notice": NOTICE}
        answer = await site.ask("PATCH", OWN, json=own, headers=organiser)
        told = await site.ask("GET", f"/api/v1/broadcasts/{show}/notice")
        read: dict[str, Any] = await (await site.ask("GET", OWN, headers=organiser)).json()

    assert answer.status == 200
    assert (read["name"], read["kind"], read["service_phone"]) == ("示例·新县人社局", "city", "0000-1200001")
    assert await told.json() == {"keeper_contact": None, "notice": NOTICE}
    assert await missing(new, show) == ()
    assert await keeper(new, show) == "示例·新县人社局 0000-1200001"


async def test_the_shows_own_phone_stands_in_for_the_keepers(new: Store) -> None:
    """Only one who is reached nowhere at all is missing; a contact of its own comes first."""
    show = await a_broadcast(new, jobs=1)
    await new.actions.programme.edit_show(new.org, show, {"service_phone": "0000-1300000"}, BY)

    assert await missing(new, show) == ("privacy_notice",)
    assert await keeper(new, show) == "示例·新县人社局 0000-1300000"

    await change(new, service_phone="0000-1200000")
    assert await keeper(new, show) == "示例·新县人社局 0000-1300000"
    await change(new, keeper_contact="信息科 0000-1400000")
    assert await keeper(new, show) == "示例·新县人社局 信息科 0000-1400000"


async def test_two_organisers_at_once_keep_what_each_changed(store: Store) -> None:
    """A page sends what was changed on it, and a change waits for the one before."""
    await asyncio.gather(change(store, service_phone="0000-1"), change(store, privacy_notice=NOTICE))

    own = await store.actions.organisation.read(store.org)
    assert (own.service_phone, own.privacy_notice) == ("0000-1", NOTICE)


async def test_a_change_is_audited_by_the_names_of_its_fields_alone(store: Store) -> None:
    """A contact may be somebody's own number. What stays as it was is no change."""
    await change(store, keeper_contact="张三 13800000001", privacy_notice=NOTICE)
    await change(store, privacy_notice=NOTICE)

    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch("SELECT action, subject, detail FROM audit WHERE action LIKE 'organisation%'")
    assert [tuple(row) for row in rows] == [
        ("organisation_changed", str(store.org), {"changed": ["keeper_contact", "privacy_notice"]})
    ]


async def test_a_name_that_somebody_has_is_refused(store: Store) -> None:
    """A unit beneath it, or another organisation of this installation; its own it may keep."""
    await an_organisation(store.stores, store.clock, "示例·邻县人社局")
    await store.actions.units.add(store.org, store.org, UnitKind.BASE, "县城直播间", BY)  # type: ignore[arg-type]  # the top is a unit

    for name in ("示例·邻县人社局", "县城直播间"):
        with pytest.raises(NameTaken):
            await change(store, name=name)
    for changes in ({"name": "  "}, {"kind": None}):
        with pytest.raises(BadInput):
            await change(store, **changes)
    await change(store, name="示例县人社局", kind=UnitKind.CITY)

    own = await store.actions.organisation.read(store.org)
    assert (own.name, own.kind) == ("示例县人社局", UnitKind.CITY)
