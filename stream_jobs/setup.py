"""First steps of an installation, from the command line."""

from storage.installation import claim
from storage.migrate import check_migrated, migrate
from storage.objects import open_objects
from storage.people import People
from storage.pool import open_database
from storage.reindexing import Reindexing
from storage.stores import stores_over
from storage.upkeep import UpkeepStore
from storage.vault import Vault
from stream_jobs.app import needed_servers, utc_now
from stream_jobs.assembly import actions_over
from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.ids import OrgId, uuid7
from stream_jobs.keys import load_keys
from stream_jobs.ports import AccountRole, By, NewOrganisation
from stream_jobs.settings import Settings
from stream_jobs.silent import Silent
from stream_jobs.tokens import Tokens

BY_COMMAND = By(None, "stream-jobs create-account")


async def bring_up_to_date(url: str) -> list[str]:
    """Applies what is missing and makes the next months' partitions; returns the names of the migrations."""
    names = await migrate(url)
    async with open_database(url, size=1) as database:
        await UpkeepStore(database).make_months(utc_now())
    return names


async def make_searchable(settings: Settings) -> int:
    """Reads whatever search does not know yet; returns how many rows it was. Raises DatabaseNotMigrated."""
    async with needed_servers(settings) as servers:
        keys = load_keys(settings.keys_folder)
        await check_migrated(servers.database_url)
        async with open_database(servers.database_url, size=2) as database:
            await claim(database, keys)
            return await Reindexing(database, People(Vault(keys))).make_searchable()


async def make_account(settings: Settings, login: str, name: str, organisation: str, role: str, password: str) -> None:
    """Raises LoginTaken, BadInput; makes the organisation when there is none of that name."""
    if role not in ("organiser", "host", "operator"):
        raise BadInput("There is no such role", field="role", expected="organiser, host or operator")
    async with needed_servers(settings) as servers:
        keys = load_keys(settings.keys_folder)
        if settings.database_url is None:
            await migrate(servers.database_url)
        else:
            await check_migrated(servers.database_url)
        async with open_database(servers.database_url, size=2) as database:
            await claim(database, keys)
            objects = open_objects(settings.files_folder, settings.files_url)
            stores = stores_over(database, keys, objects, retention_days=settings.retention_days)
            actions = actions_over(stores, Silent(), Tokens(keys.signing), utc_now, session_hours=1)
            org = await stores.organisations.named(organisation)
            if org is None:
                org = OrgId(uuid7(utc_now()))
                await stores.organisations.add(NewOrganisation(org, organisation, "county"), utc_now())
            await actions.accounts.create_account(
                org, login=login, name=name, role=AccountRole(role), password=password, employer=None, by=BY_COMMAND
            )
