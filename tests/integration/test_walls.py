"""The second wall: whatever a query forgets, it sees and writes its own organisation's rows alone."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from asyncpg.transaction import Transaction as DriversTransaction
from asyncpg.transaction import TransactionState

from storage.pool import TENANT, Database, open_database
from stream_jobs.domain.ids import OrgId
from tests.builders import BY, Store, a_broadcast, a_visit, an_organisation, apply, batching, jobs_of

WALLED = """
    SELECT format('%I.%I', n.nspname, c.relname) AS name, a.attname AS whose, c.relrowsecurity
        -- Searched as the owner, by functions that name the organisation.
        AND (c.relforcerowsecurity OR c.oid::regclass::text IN ('vault.application', 'vault.resume'))
        AND (SELECT count(*) = 2 FROM pg_policy p WHERE p.polrelid = c.oid) AS walled
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname IN ('org_id', 'top_id') AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1
"""


async def walled_tables(database: Database) -> Mapping[str, str]:
    """Every table that says whose its rows are, with the column that says it."""
    async with database.maintenance() as tx:
        rows = await tx.fetch(WALLED)
    assert [row["name"] for row in rows if not row["walled"]] == []
    assert len(rows) > 30
    return {row["name"]: row["whose"] for row in rows}


async def two_tenants(store: Store) -> tuple[OrgId, OrgId]:
    """Each with a show, a visit and an applicant; and a recorded act."""
    other = await an_organisation(store.stores, store.clock, "另一个县")
    tenants = store, replace(store, org=other)
    async with batching(store):
        for tenant in tenants:
            broadcast = await a_broadcast(tenant, policies=1)
            watcher = await a_visit(tenant, broadcast)
            await apply(tenant, broadcast, (await jobs_of(tenant, broadcast))[0], watcher=watcher)
            (line,) = await tenant.actions.applying.listed(tenant.org, broadcast)
            await tenant.actions.applying.reveal(tenant.org, line.id, purpose="contact", by=BY)
    return store.org, other


async def leaks(database: Database, asker: OrgId | None, owner: OrgId) -> set[str]:
    """The tables in which a query that forgot its WHERE sees rows of this owner."""
    found = set()
    for name, whose in (await walled_tables(database)).items():
        async with database.transaction(asker) as tx:
            try:
                rows = await tx.fetch(f"SELECT {whose} FROM {name}")  # noqa: S608  # names of the catalogue
            except asyncpg.InsufficientPrivilegeError:
                continue
        if owner in {row[0] for row in rows}:
            found.add(name)
    return found


async def test_a_query_that_forgets_its_organisation_sees_no_other(store: Store) -> None:
    """Through every table that has an organisation, found in the catalogue; with none named, nothing is seen."""
    org, other = await two_tenants(store)

    seen = await leaks(store.database, other, other)
    assert {"public.application", "public.audit", "vault.person", "keys.person_key", "public.organisation"} <= seen
    assert await leaks(store.database, org, other) == set()
    assert await leaks(store.database, None, other) == set()


async def test_without_the_wall_the_forgotten_organisation_would_be_seen(store: Store) -> None:
    """The control: what the test above looks for is there to be found."""
    org, other = await two_tenants(store)
    async with store.database.maintenance() as tx:
        await tx.execute("ALTER POLICY tenant ON application USING (true)")

    assert await leaks(store.database, org, other) == {"public.application"}


async def test_nothing_is_written_for_another_organisation(store: Store) -> None:
    """An insert is refused by the wall before any other rule, an update or delete finds nothing."""
    org, other = await two_tenants(store)
    passed, changed = [], []
    for name, whose in (await walled_tables(store.database)).items():
        try:
            async with store.database.transaction(org) as tx:
                await tx.execute(f"INSERT INTO {name} ({whose}) VALUES ($1)", other)  # noqa: S608  # the catalogue's
            passed.append(name)
        except asyncpg.InsufficientPrivilegeError:
            pass
        for statement in (f"UPDATE {name} SET {whose} = {whose}", f"DELETE FROM {name}"):  # noqa: S608  # likewise
            try:
                async with store.database.transaction(org) as tx:
                    rows = await tx.fetch(f"{statement} WHERE {whose} = $1 RETURNING 1", other)
                changed += [name] * len(rows)
            except asyncpg.InsufficientPrivilegeError:
                pass

    assert (passed, changed) == ([], [])


async def test_the_role_of_requests_cannot_take_the_wall_down(store: Store) -> None:
    """Not by claiming to keep the database in order, nor by rewriting what is recorded."""
    org, other = await two_tenants(store)

    async with store.database.transaction(org) as tx:
        await tx.execute("SELECT set_config('app.maintenance', 'on', true)")
        assert await tx.fetchval("SELECT count(*) FROM application WHERE org_id = $1", other) == 0
    for statement in (
        "ALTER TABLE application DISABLE ROW LEVEL SECURITY",
        "UPDATE audit SET actor = 'nobody'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "DELETE FROM erasure",
        "SELECT wrapped FROM keys.held",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with store.database.transaction(org) as tx:
                await tx.execute(statement)


async def test_an_owner_who_forgets_the_role_sees_nothing_either(store: Store, database_url: str) -> None:
    """The wall is forced: only who says that it keeps the database in order sees everybody's rows."""
    await two_tenants(store)
    connection = await asyncpg.connect(database_url)
    try:
        is_bound = not await connection.fetchval(
            "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        seen = await connection.fetchval("SELECT count(*) FROM application")
    finally:
        await connection.close()

    assert seen == 0 or not is_bound
    async with store.database.maintenance() as tx:
        assert await tx.fetchval("SELECT count(*) FROM application") == 2


async def test_what_is_found_in_one_journey_is_ones_own(store: Store, database_url: str) -> None:
    """Another's row is not there, and neither role nor organisation stays with the connection."""
    org, other = await two_tenants(store)

    async with open_database(database_url, size=1) as single:
        found = [
            await single.finds(asker, f"SELECT FROM organisation WHERE id = '{wanted}'")
            for asker in (org, other)
            for wanted in (org, other)
        ]
        async with single.maintenance() as tx:
            left = await tx.fetchrow(
                "SELECT current_setting('app.org', true) AS org, current_user = session_user AS own"
            )

    assert found == [True, False, False, True]
    assert left is not None and (left["org"] or "", left["own"]) == ("", True)


async def test_two_tenants_on_two_connections_never_see_each_other(store: Store, database_url: str) -> None:
    """A thousand requests in turn: a connection that comes back to the pool brings nobody's organisation along."""
    org, other = await two_tenants(store)
    names = {org: "示例县人力资源和社会保障局", other: "另一个县"}
    wrong: list[tuple[OrgId | None, list[str]]] = []

    async with open_database(database_url, size=2) as small:

        async def ask(number: int) -> None:
            asker = (org, other, None)[number % 3]
            async with small.transaction(asker) as tx:
                seen = [row["name"] for row in await tx.fetch("SELECT name FROM organisation WHERE parent_id IS NULL")]
                if number % 7 == 0:
                    # One that fails half-way leaves nothing behind either.
                    with pytest.raises(asyncpg.PostgresError):
                        async with tx.transaction():
                            await tx.execute("SELECT 1 / 0")
            if seen != ([names[asker]] if asker else []):
                wrong.append((asker, seen))

        for start in range(0, 1000, 50):
            await asyncio.gather(*(ask(number) for number in range(start, start + 50)))

    assert wrong == []


async def test_whose_a_login_session_broadcast_or_channel_is_can_be_asked(store: Store) -> None:
    """Before an organisation is known, and nothing else."""
    broadcast = await a_broadcast(store)

    assert await store.stores.broadcasts.org_of(broadcast) == store.org
    assert await store.stores.accounts.organisations() == [store.org]
    assert await store.stores.organisations.named("示例县人力资源和社会保障局") == store.org
    assert await store.stores.accounts.org_of_login(f"nobody-{uuid4()}") is None


# What runs as the owner, past the wall.
AS_OWNER = """
    SELECT p.oid::regprocedure::text AS name, array_agg(
        CASE acl.grantee WHEN 0 THEN 'everybody' WHEN p.proowner THEN 'the owner' ELSE acl.grantee::regrole::text END
    ) FILTER (WHERE acl.privilege_type = 'EXECUTE') AS may
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    CROSS JOIN aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
    WHERE p.prosecdef AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' GROUP BY 1
"""
FOR_REQUESTS = (
    "org_of_login(text)",
    "org_of_session(bytea)",
    "org_of_broadcast(uuid)",
    "org_of_channel(uuid)",
    "org_of_collection(bytea)",
    "org_of_wall(uuid)",
    "tenants()",
    "tenant_named(text)",
    "applications_of_grams(integer[])",
    "persons_of_grams(integer[])",
)


async def test_what_runs_as_the_owner_is_for_requests_alone(store: Store) -> None:
    """Found in the catalogue: a function that does not say so is run by nobody, once the walls are raised."""
    async with store.database.maintenance() as tx:
        await tx.execute("CREATE FUNCTION forgotten() RETURNS integer LANGUAGE sql SECURITY DEFINER RETURN 1")
        await tx.execute("SELECT raise_walls()")
        found = {row["name"]: set(row["may"]) for row in await tx.fetch(AS_OWNER)}

    both = {"the owner", "stream_jobs_tenant"}
    assert found == {"forgotten()": {"the owner"}} | dict.fromkeys(FOR_REQUESTS, both)


async def test_a_driver_that_begins_in_another_way_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose a transaction is goes with its BEGIN; without it nothing is read or written."""

    async def start(transaction: Any) -> None:
        await transaction._connection.execute("START TRANSACTION")
        transaction._connection._top_xact = transaction
        transaction._state = TransactionState.STARTED

    with monkeypatch.context() as patched:
        patched.setattr(DriversTransaction, "start", start)
        with pytest.raises(AssertionError, match="whose it is"):
            async with store.database.transaction(store.org):
                pytest.fail("this is nobody's transaction")

    async with store.database.transaction(store.org) as tx:
        assert await tx.fetchval("SELECT current_user") == TENANT
