"""Objects of another organisation look exactly like missing ones: real ones, of every kind that a path can name."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from aiohttp import ClientResponse

from admin.assets import Assets
from admin.declare import Anyone, Route, SignedIn, ViewerToken
from admin.html import Html
from admin.routes import all_routes
from storage.pool import Transaction
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.ports import AccountRole
from tests.builders import Store, a_broadcast, an_employer, an_organisation, apply, batching, jobs_of
from tests.site import Site, a_site

NAMED = re.compile(r"([a-z-]+)/\{(?!broadcast)\w+_id\}")
"""What an id in a path is of. A broadcast is the door, which the authorization test tries, as is a link."""
ROUTES = [
    route
    for route in all_routes(Html(Assets()))
    if NAMED.search(route.path) and not any(isinstance(caller, Anyone) for caller in route.callers)
]
BUILT = {
    "cards": "card", "jobs": "job", "policies": "policy", "employers": "employer", "applications": "application",
}  # fmt: skip
MADE = {
    "accounts": "account", "bans": "ban", "channels": "channel", "collections": "collection", "exports": "export",
    "files": "resume_file", "forms": "form", "imports": "job_import", "moves": "application_event",
    "people-imports": "people_import", "platform-imports": "platform_import", "segments": "segment",
    "series": "series", "walls": "wall",
}  # fmt: skip
# Of columns that must be said, and the show: their type, and a word that a check of theirs allows.
COLUMNS = """
    SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, (
        SELECT substring(pg_get_constraintdef(c.oid) FROM '''([a-z_]+)''') FROM pg_constraint c
        WHERE c.conrelid = a.attrelid AND c.contype = 'c' AND c.conkey = ARRAY[a.attnum] LIMIT 1) AS word
    FROM pg_attribute a
    WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.atthasdef AND NOT a.attisdropped
        AND (a.attnotnull OR a.attname = 'broadcast_id')
"""
SAID = {"integer": "1", "smallint": "1", "bigint": "1", "boolean": "false", "jsonb": "{}", "bytea": "x"}
SAID |= {"timestamp with time zone": "2026-11-21 14:00+08", "date": "2026-11-21"}
REQUEST = re.compile(r'"request_id": ?"[^"]*"')
BODIES: Mapping[str, object] = {
    "PUT cards/state": {"state": "paused"},
    "PUT cards/points": {"points": "包吃住"},
    "PUT accounts/role": {"role": "host"},
    "PUT accounts/password": {"password": "a long new password"},
    "PUT employers": {"name": "示例·另一家"},
    "PUT policies": {"title": "交通补助", "who": "务工满3个月", "how_much": "500元", "how_to_claim": "服务站申请"},
    "POST employers/unverify": {"reason": "过期"},
    "PUT jobs/override": {"reason": "已核实"},
    "PATCH forms": {"name": "上报表"},
    "POST applications/reveal": {"purpose": "contact"},
    "POST applications/follow-ups": {"kind": "no_answer"},
    "PUT applications/next": {"on": "2026-11-25"},
}
OFFSET_STREAM = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
HEADERS: Mapping[str, Mapping[str, str]] = {
    "POST applications/files": {"Upload-Length": "5", "Upload-Metadata": "filename Y3YucGRm"},
    "PATCH files": OFFSET_STREAM,
    "POST files": {**OFFSET_STREAM, "X-HTTP-Method-Override": "PATCH"},
}
# They say nothing of what is there: sums of no shows, and pages that ask for the rest.
ALIKE_FOR_ALL = {"GET series", "GET units", "GET units/cuts", "GET units/cuts/lines"}
FILE = {"state": "ready"}


async def a_row(tx: Transaction, table: str, known: Mapping[str, Any]) -> UUID:
    """With what is known of it, and anything where nothing is; its id."""
    said = {row["name"]: (anything(row), row["type"]) for row in await tx.fetch(COLUMNS, table)}
    said |= {name: (str(known[name]), type_) for name, (_, type_) in said.items() if name in known}
    values = ", ".join(f"${nth}::text::{type_}" for nth, (_, type_) in enumerate(said.values(), 1))
    names = ", ".join(said)
    id_ = await tx.fetchval(
        f"INSERT INTO {table} ({names}) VALUES ({values}) RETURNING id",  # noqa: S608  # names of the catalogue
        *(value for value, _ in said.values()),
    )
    return UUID(str(id_))


def anything(column: asyncpg.Record) -> str:
    return str(uuid4()) if column["type"] == "uuid" else column["word"] or SAID.get(column["type"], "甲")


async def foreign_objects(store: Store) -> dict[str, UUID]:
    """By the word before it in a path, one of each kind, of another organisation."""
    org = await an_organisation(store.stores, store.clock, "另一个县")
    other = replace(store, org=org)
    broadcast = await a_broadcast(other, jobs=1, policies=1)
    async with batching(other):
        await apply(other, broadcast, (await jobs_of(other, broadcast))[0])
    async with store.database.transaction(org) as tx:
        found = {noun: await tx.fetchval(f"SELECT id FROM {table} LIMIT 1") for noun, table in BUILT.items()}  # noqa: S608  # own tables
        known = {"org_id": org, "broadcast_id": broadcast, "person_id": await tx.fetchval("SELECT id FROM person")}
        known |= {"application_id": found["applications"], "employer_id": found["employers"]}
        known["account_id"] = found["accounts"] = await a_row(tx, "account", {**known, "role": "organiser"})
        for noun in MADE.keys() - found:
            found[noun] = await a_row(tx, MADE[noun], known | (FILE if noun == "files" else {}))
        found["moves"] = uuid4()
        await tx.execute("UPDATE application_event SET batch_id = $1", found["moves"])
    return {**found, "units": UUID(str(org))}


def named(route: Route, broadcast: BroadcastId, ids: Mapping[str, UUID]) -> str:
    """Its path, of a show of one's own."""
    path = route.path.replace("{broadcast_id}", str(broadcast))
    return NAMED.sub(lambda found: f"{found[1]}/{ids[found[1]]}", path)


def short(route: Route) -> str:
    """Method, the last thing named, and what is after it."""
    after = NAMED.sub(r"\n\1", route.path).rpartition("\n")[2]
    return f"{route.method} {after}"


async def said(response: ClientResponse, ids: Mapping[str, UUID]) -> tuple[int, str]:
    """The ids that were asked for are said back by some pages."""
    text = await response.text()
    for noun, id_ in ids.items():
        text = text.replace(str(id_), noun)
    return response.status, REQUEST.sub("", text)


async def test_foreign_objects_look_exactly_like_missing_ones(store: Store) -> None:
    """Made from the table: a route that is added is tried the same day, and a new kind of id wants a row here.

    Status, code and all that is said. What else is asked for is good, so that it is the id that is refused.
    """
    foreign = await foreign_objects(store)
    broadcast = await a_broadcast(store, jobs=1, live=False)
    bodies = {**BODIES, **await of_ones_own(store)}
    found = set()
    async with a_site(store) as site:
        callers = await callers_of(site, broadcast)
        for route in ROUTES:
            (status, told), missing = [
                await said(await ask(site, route, named(route, broadcast, ids), callers, bodies), ids)
                for ids in (foreign, {noun: uuid4() for noun in foreign})
            ]
            assert (status, told) == missing, (route.method, route.path)
            found |= {short(route)} if status != 404 else set()

    assert found == ALIKE_FOR_ALL


async def of_ones_own(store: Store) -> Mapping[str, object]:
    """What names something else, which is there."""
    job = {"title": "质检员", "pay_text": "24元/小时", "workplace": "东莞塘厦"}
    return {
        "PUT jobs": {"employer_id": str(await an_employer(store)), **job},
        "PUT units": {"parent_id": str(store.org), "name": "示例乡", "kind": "town"},
    }


async def callers_of(site: Site, broadcast: BroadcastId) -> Mapping[type, Mapping[str, str]]:
    organiser = await site.signed_in(await site.account(AccountRole.ORGANISER))
    return {SignedIn: organiser, ViewerToken: await site.viewer(broadcast)}


async def ask(
    site: Site, route: Route, path: str, callers: Mapping[type, Mapping[str, str]], bodies: Mapping[str, object]
) -> ClientResponse:
    asked = short(route)
    headers = {"Idempotency-Key": str(uuid4()), "Tus-Resumable": "1.0.0", **HEADERS.get(asked, {})}
    headers |= callers[type(route.callers[0])]
    params = {"part": "jobs"} if path.endswith("/lines") else {}
    body: dict[str, Any] = {"data": b"%PDF-"} if route.stream else {"json": bodies.get(asked, {})}
    return await site.ask(route.method, path, headers=headers, params=params, **({} if route.method == "GET" else body))
