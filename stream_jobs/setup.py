"""First steps of an installation, from the command line."""

from storage.migrate import migrate
from storage.people import People
from storage.pool import open_database
from storage.reindexing import Reindexing
from storage.upkeep import UpkeepStore
from storage.vault import Vault
from stream_jobs.assembly import actions_over
from stream_jobs.clock import utc_now
from stream_jobs.database import Place
from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.ids import OrgId, uuid7
from stream_jobs.ports import AccountRole, By, NewOrganisation
from stream_jobs.silent import Silent
from stream_jobs.tokens import Tokens

BY_COMMAND = By(None, "stream-jobs create-account")


async def bring_up_to_date(url: str) -> list[str]:
    """Applies what is missing and makes the next months' partitions; returns the names of the migrations."""
    names = await migrate(url)
    async with open_database(url, size=1) as database:
        await UpkeepStore(database).make_months(utc_now())
    return names


async def make_searchable(place: Place) -> int:
    """Reads whatever search does not know yet; returns how many rows it was."""
    return await Reindexing(place.database, People(Vault(place.keys))).make_searchable()


async def make_account(place: Place, login: str, name: str, organisation: str, role: str, password: str) -> None:
    """Raises LoginTaken, BadInput; makes the organisation when there is none of that name."""
    if role not in ("organiser", "host", "operator"):
        raise BadInput("There is no such role", field="role", expected="organiser, host or operator")
    stores = place.stores
    actions = actions_over(stores, Silent(), Tokens(place.keys.signing), utc_now, place.settings)
    org = await stores.organisations.named(organisation)
    if org is None:
        org = OrgId(uuid7(utc_now()))
        await stores.organisations.add(NewOrganisation(org, organisation, "county"), utc_now())
    await actions.accounts.create_account(
        org, login=login, name=name, role=AccountRole(role), password=password, employer=None, by=BY_COMMAND
    )
