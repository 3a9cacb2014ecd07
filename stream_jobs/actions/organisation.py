"""What an organiser says of the organisation itself."""

from collections.abc import Mapping

from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.ids import OrgId
from stream_jobs.domain.text import clean_name, clean_text
from stream_jobs.ports import By, Clock
from stream_jobs.ports.organisation import NoticeBody, OrganisationBody, Organisations


class OrganisationActions:
    def __init__(self, organisations: Organisations, clock: Clock) -> None:
        self._organisations = organisations
        self._clock = clock

    async def read(self, org: OrgId) -> OrganisationBody:
        return await self._organisations.read(org)

    async def change(self, org: OrgId, changes: Mapping[str, object], by: By) -> OrganisationBody:
        """Changes what is named; consents given before keep what they said. Raises NameTaken, BadInput."""
        before = await self._organisations.read(org)
        fresh = {name: value for name, value in _good(changes).items() if value != getattr(before, name)}
        if fresh:
            await self._organisations.change(org, fresh, by=by, at=self._clock())
        return await self._organisations.read(org)

    async def notice(self, org: OrgId) -> NoticeBody:
        """For viewers, beside what every show says."""
        own = await self._organisations.read(org)
        return NoticeBody(keeper_contact=own.keeper_contact, notice=own.privacy_notice)


def _good(typed: Mapping[str, object]) -> dict[str, object]:
    """Only the notice has lines. Raises BadInput."""
    lines = {name: clean_name(value) if isinstance(value, str) else value for name, value in typed.items()}
    if isinstance(notice := typed.get("privacy_notice"), str):
        lines["privacy_notice"] = clean_text(notice) or None
    for name in ("name", "kind"):
        if name in lines and lines[name] is None:
            raise BadInput(field=name, expected="a value")
    return lines
