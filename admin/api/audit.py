"""操作记录: who did what in an organisation, by cursor."""

from datetime import date, datetime, time, timedelta

from pydantic import Field

from admin.api.shapes import LARGEST, Input
from admin.call import Call
from admin.declare import Route, SignedIn
from stream_jobs.domain.audited import ACTS, AuditAction
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import AccountId
from stream_jobs.domain.vetting import CHINA
from stream_jobs.ports import AccountRole
from stream_jobs.ports.audit import AuditEntry, AuditFilter

PAGE = 50
# Far enough from the ends of the calendar to be counted on from.
FIRST_DAY, LAST_DAY = date(2020, 1, 1), date(2100, 1, 1)


class AuditQuery(Input):
    subject: str | None = Field(default=None, max_length=100, description="The id of what it was done to")
    account_id: AccountId | None = None
    action: AuditAction | None = None
    since: date | None = Field(default=None, ge=FIRST_DAY, le=LAST_DAY, description="First day, China's")
    until: date | None = Field(default=None, ge=FIRST_DAY, le=LAST_DAY, description="Last day, China's")
    cursor: int | None = Field(default=None, ge=1, le=LARGEST, description="next_cursor of the page before")
    limit: int = Field(default=PAGE, ge=1, le=200)


class ActionName(Body):
    action: AuditAction
    name: str
    name_en: str


class AuditPage(Body):
    """The newest first; next_cursor is null on the last page. actions: all there are, to filter by."""

    entries: list[AuditEntry]
    next_cursor: int | None
    actions: list[ActionName]


NAMES = [ActionName(action=action, name=act.zh, name_en=act.en) for action, act in ACTS.items()]


async def listed(call: Call) -> AuditPage:
    asked = call.query(AuditQuery)
    wanted = AuditFilter(
        subject=asked.subject,
        account_id=asked.account_id,
        action=asked.action,
        since=_midnight(asked.since),
        until=_midnight(asked.until and asked.until + timedelta(days=1)),
    )
    found = await call.actions.audit.listed(call.org, wanted, before=asked.cursor, limit=asked.limit + 1)
    page = list(found[: asked.limit])
    return AuditPage(entries=page, next_cursor=page[-1].number if len(found) > asked.limit else None, actions=NAMES)


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), CHINA) if day else None


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/api/v1/audit",
        callers=(SignedIn(AccountRole.ORGANISER),),
        summary="Who did what with the organisation's data, the newest first; typed reasons without telephone numbers",
        handler=listed,
        query=AuditQuery,
        answer=AuditPage,
    ),
)
