"""Which show of ours a row of a platform's export is about, and what it would change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from stream_jobs.domain.ids import BroadcastId
from stream_jobs.domain.job_sheet.text import compact
from stream_jobs.domain.platform_sheet.columns import Field
from stream_jobs.domain.platform_sheet.reading import NoShow, PlatformFault, PlatformRow, Read
from stream_jobs.domain.vetting import china_date

# The room on the platform is opened before the first card or after it; a second show of the day is further away.
NEAR = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Show:
    """A show of ours that has begun; figures: what stands of this platform by metric."""

    id: BroadcastId
    title: str
    started_at: datetime
    figures: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Matched:
    """A row with its verdict; same_row: the row that speaks of the same show."""

    row: Read
    verdict: Literal["imports", "faulty", "duplicate", "skipped"]
    show: Show | None = None
    faults: tuple[PlatformFault, ...] = ()
    same_row: int | None = None


def match_rows(rows: Sequence[Read], shows: Sequence[Show], of: BroadcastId | None) -> Iterator[Matched]:
    """of: the show the upload is for, which a row is about that says neither when nor which."""
    taken: dict[BroadcastId, int] = {}
    for row in rows:
        if isinstance(row, NoShow):
            yield Matched(row, "skipped")
            continue
        show, fault = _show(row, shows, of)
        faults = (*row.faults, *([fault] if fault else ()))
        if show and show.id in taken:
            faults = (*faults, PlatformFault(Field.TITLE, "same_show", row.cells.get(Field.TITLE)))
            yield Matched(row, "faulty", show, faults, taken[show.id])
        elif faults or show is None:
            yield Matched(row, "faulty", show, faults)
        else:
            taken[show.id] = row.row
            same = all(show.figures.get(name) == value for name, value in row.values.items())
            yield Matched(row, "duplicate" if same else "imports", show)


def _show(row: PlatformRow, shows: Sequence[Show], of: BroadcastId | None) -> tuple[Show | None, PlatformFault | None]:
    if row.started_at is None and row.title is None:
        own = next((show for show in shows if show.id == of), None)
        return own, None if own else PlatformFault(Field.STARTED, "which_show")
    if any(fault.field is Field.STARTED for fault in row.faults):
        return None, None
    near = _near(row, row.started_at, shows) if row.started_at else []
    if len(near) == 1:
        return near[0], None
    among = near if row.started_at else shows
    named = [show for show in among if row.title and compact(show.title) == compact(row.title)]
    if len(named) == 1:
        return named[0], None
    where = Field.STARTED if row.started_at else Field.TITLE
    return None, PlatformFault(where, "several_shows" if near or named else "no_show", row.cells.get(where))


def _near(row: PlatformRow, at: datetime, shows: Sequence[Show]) -> list[Show]:
    """By the time it began, or by the day where only that is said."""
    if row.has_time:
        return [show for show in shows if abs(show.started_at - at) <= NEAR]
    return [show for show in shows if china_date(show.started_at) == china_date(at)]
