"""A bureau's own forms: kept by name, and filled with the figures of one show, of days, or of a series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from stream_jobs.actions.keeping import Turns
from stream_jobs.actions.report import ReportActions
from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.ids import BroadcastId, FormId, OrgId, uuid7
from stream_jobs.domain.text import clean_name
from stream_jobs.ports import By, Clock, Report
from stream_jobs.ports.forms import FormBody, FormFile, Forms, OverShows

NAME_CHARACTERS = 60
FILE_NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class ShowsWanted:
    """One show, those of a series, or those of these days; the first that is given."""

    broadcast_id: BroadcastId | None = None
    series: str | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """The reports of these shows, oldest first, and what is counted once over all of them."""

    reports: Sequence[Report]
    distinct: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ReportPage:
    """Some reports, oldest first; last: the show to go on after, None when there is no more."""

    reports: Sequence[Report]
    last: BroadcastId | None


class FormActions:
    """Reading and filling a workbook is the caller's, because it belongs outside the event loop."""

    def __init__(self, forms: Forms, over_shows: OverShows, report: ReportActions, turns: Turns, clock: Clock) -> None:
        self._forms = forms
        self._turns = turns
        self._over_shows = over_shows
        self._report = report
        self._clock = clock

    async def listed(self, org: OrgId) -> Sequence[FormBody]:
        """By name."""
        return await self._forms.listed(org)

    async def file(self, org: OrgId, form: FormId) -> tuple[FormBody, FormFile]:
        """Raises FormNotFound."""
        return await self._forms.one(org, form), await self._forms.file(org, form)

    async def keep(self, org: OrgId, file: FormFile, by: By, *, name: str | None = None) -> FormBody:
        """Under a name of its own, else the file's. Raises BadInput, NameTaken."""
        now = self._clock()
        form = FormId(uuid7(now))
        called = _name(name or _without_ending(file.file_name))
        await self._forms.add(org, form, called, file, by=by, at=now)
        return await self._forms.one(org, form)

    async def replace(self, org: OrgId, form: FormId, file: FormFile, by: By) -> FormBody:
        """Another workbook under the same name. Raises FormNotFound."""
        await self._forms.replace(org, form, file, by=by, at=self._clock())
        return await self._forms.one(org, form)

    async def rename(self, org: OrgId, form: FormId, name: str) -> FormBody:
        """Raises FormNotFound, NameTaken, BadInput."""
        await self._forms.rename(org, form, _name(name), self._clock())
        return await self._forms.one(org, form)

    async def remove(self, org: OrgId, form: FormId) -> None:
        """Raises FormNotFound."""
        await self._forms.remove(org, form)

    async def counted(self, org: OrgId, wanted: ShowsWanted, *, most: int) -> Counted:
        """All of them, never a rehearsal. Raises BroadcastNotFound, StillCounting, BadInput for more than `most`."""
        reports = [report for report in await self._reports(org, wanted, most) if report.counted]
        shows = [report.broadcast.id for report in reports]
        if len(shows) == 1:
            return Counted(reports, {})
        async with self._turns:
            return Counted(reports, await self._over_shows.distinct(org, shows))

    async def page(self, org: OrgId, wanted: ShowsWanted, *, after: BroadcastId | None, limit: int) -> ReportPage:
        """Whole reports, oldest show first, those after a show. Raises BadInput for a show that is none of them."""
        shows = await self._shows(org, wanted)
        if after is not None and after not in shows:
            raise BadInput(field="cursor", expected="the next_cursor of the page before")
        rest = shows[shows.index(after) + 1 :] if after else shows
        reports = [await self._report.report_now(org, show) for show in rest[:limit]]
        return ReportPage(reports, rest[limit - 1] if len(rest) > limit else None)

    async def _reports(self, org: OrgId, wanted: ShowsWanted, most: int) -> Sequence[Report]:
        if wanted.broadcast_id is not None:
            return [await self._report.report_now(org, wanted.broadcast_id)]
        shows = await self._shows(org, wanted)
        if len(shows) > most:
            # A total of some of them would be a wrong one.
            raise BadInput(field="since", expected=f"at most {most} shows: fewer days, or a smaller series")
        return [await self._report.report_now(org, show) for show in shows]

    async def _shows(self, org: OrgId, wanted: ShowsWanted) -> Sequence[BroadcastId]:
        if wanted.series is not None:
            return await self._over_shows.shows_of_series(org, wanted.series)
        return await self._report.shows_of(org, wanted.since, wanted.until)


def good_file_name(typed: str) -> str:
    """The name alone: some browsers send the path of the sender's own disk."""
    name = clean_name(typed.replace("\\", "/").rpartition("/")[2])
    if not name:
        raise BadInput(field="file", expected="a file with a name")
    return name[-FILE_NAME_CHARACTERS:]


def _without_ending(file_name: str) -> str:
    return file_name.rpartition(".")[0] or file_name


def _name(typed: str) -> str:
    name = clean_name(typed)
    if not name:
        raise BadInput(field="name", expected="a name")
    return name[:NAME_CHARACTERS]
