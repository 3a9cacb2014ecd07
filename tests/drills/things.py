"""One of everything that a path of the API can name, so that asking for it gets past the door."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from aiohttp import ClientSession, FormData

from stream_jobs.domain.events import Watcher
from stream_jobs.domain.following import State
from stream_jobs.domain.ids import ApplicationId, EmployerId
from stream_jobs.ports import Account, Move
from stream_jobs.ports.walls import WallOf
from tests.builders import a_policy, a_watcher, apply, batching
from tests.drills.crowd import a_token
from tests.drills.in_clear import a_canary_phone
from tests.drills.show import Show
from tests.form_workbooks import monthly_list
from tests.integration.test_platform_imports import an_export
from tests.job_workbooks import a_row, a_workbook
from tests.people_workbooks import a_list
from tests.report_builders import a_channel

Headers = Mapping[str, str]
Ids = Mapping[str, str]
# Those of other lists of jobs are the rest's.
IMPORTS = {"/people-imports/": "people", "/platform-imports/": "platform", "/api/v1/imports/": "jobs"}
OF_THE_SHOW = """
    SELECT (SELECT id FROM card WHERE broadcast_id = $1 AND job_id = $2) AS card_id,
        (SELECT employer_id FROM job WHERE id = $2) AS employer_id,
        (SELECT series_id FROM broadcast WHERE id = $1) AS series_id
"""
TUS = {"Tus-Resumable": "1.0.0", "Upload-Length": "5", "Upload-Metadata": "filename Y3YucGRm"}


@dataclass(frozen=True, slots=True)
class Things:
    """paths: by the name that a path has for it. imports: of each kind, which all have one name. device: applied."""

    paths: Ids
    imports: Ids
    device: Watcher

    def as_toml(self) -> str:
        """As Schemathesis is told."""
        lines = ["[parameters]", *(f'"path.{name}" = "{said}"' for name, said in self.paths.items())]
        for part, kind in IMPORTS.items():
            wanted = f'parameters = {{ "path.import_id" = "{self.imports[kind]}" }}'
            lines += ["[[operations]]", f'include-path-regex = "{part}"', wanted]
        # The audit takes whoever has no key for lost: nobody is erased but who is not there.
        lines += ["[[operations]]", 'include-path-regex = "/erase$"', 'parameters = { "path.person" = "nobody" }']
        return "\n".join(lines) + "\n"


async def things(show: Show, nth: int, organiser: Headers, staff: Account, other: Account) -> Things:
    """Another set for each nth; some may be asked for by organisers alone, the rest is of this member of staff."""
    device = a_watcher()
    async with batching(show.store):
        told = await apply(show.store, show.broadcast, show.job, watcher=device, phone=a_canary_phone(90_000 + nth))
    application = ApplicationId(told.receipt_id)
    async with ClientSession(show.server.http_url) as client:
        made = {
            **await _of_the_show(show, nth),
            **await _by_actions(show, application, staff),
            "form_id": await _uploaded(client, organiser, "/api/v1/forms", monthly_list(), title=f"上报表{nth}"),
            "export_id": await _export(client, organiser, show),
            "file_id": await _file(client, show, device, application),
        }
        imports = await _imports(client, organiser, show)
    own = await show.store.actions.my_page.page(show.store.org, device.viewer_id)
    paths = {**made, "application_id": application, "account_id": other.id, "person": own.people[0].ref}
    return Things({name: str(said) for name, said in paths.items()}, imports, device)


async def _of_the_show(show: Show, nth: int) -> Mapping[str, UUID]:
    store = show.store
    async with store.database.transaction(store.org) as tx:
        found = await tx.fetchrow(OF_THE_SHOW, show.broadcast, show.job)
    assert found
    channel, policy = await a_channel(store, show.broadcast, f"海报{nth}"), await a_policy(store)
    own = {"broadcast_id": show.broadcast, "job_id": show.job, "channel_id": channel, "policy_id": policy}
    return {**own, **found, "unit_id": UUID(str(store.org))}


async def _by_actions(show: Show, application: ApplicationId, staff: Account) -> Mapping[str, object]:
    """The device that is kept out is another's: whoever asks is to be let in."""
    store, actions, by = show.store, show.store.actions, staff.by
    async with store.database.transaction(store.org) as tx:
        kept_out = await tx.fetchval("SELECT id FROM application WHERE broadcast_id = $1 LIMIT 1", show.broadcast)
        employer = EmployerId(await tx.fetchval("SELECT employer_id FROM job WHERE id = $1", show.job))
    segments = await actions.segments.begin(store.org, show.broadcast, "job")
    wall = await actions.walls.open(WallOf(store.org, show.broadcast), by)
    ban = await actions.bans.ban(store.org, show.broadcast, kept_out, reason="捣乱", by=by)
    link = await actions.collecting.make(
        store.org, show.broadcast, employer, purpose="联系应聘者", receiver="张经理", by=by
    )
    moved = await actions.recruiting.move(store.org, [Move(application, State.VALID)], by, employer=staff.employer_id)
    return {
        "segment_id": segments[-1].id, "wall_id": wall.link.id, "wall_code": wall.code, "ban_id": ban.id,
        "collection_id": link.collection.id, "token": link.token, "batch_id": moved.batch_id,
    }  # fmt: skip


async def _imports(client: ClientSession, organiser: Headers, show: Show) -> Ids:
    people = a_list(("1", "已联系", ""), header=("编号", "联系结果", "备注"))
    platform = an_export(("示例", "2026-11-21 14:00", 100, 80, 5))
    return {
        "jobs": await _uploaded(client, organiser, "/api/v1/imports", a_workbook(a_row())),
        "people": await _uploaded(
            client, organiser, f"/api/v1/broadcasts/{show.broadcast}/people-imports", people, kind="outcomes"
        ),
        "platform": await _uploaded(client, organiser, "/api/v1/platform-imports", platform, platform="快手"),
    }


async def _uploaded(client: ClientSession, headers: Headers, path: str, content: bytes, **query: str) -> str:
    form = FormData(quote_fields=False)
    form.add_field("file", content, filename="表.xlsx")
    async with client.post(path, data=form, headers=headers, params=query) as response:
        said = await response.json()
        assert response.ok, said
        return str(said["id"])


async def _export(client: ClientSession, headers: Headers, show: Show) -> str:
    path = f"/api/v1/broadcasts/{show.broadcast}/exports"
    async with client.post(path, json={"format": "csv"}, headers=headers) as response:
        said = await response.json()
        assert response.ok, said
        return str(said["id"])


async def _file(client: ClientSession, show: Show, device: Watcher, application: ApplicationId) -> str:
    path = f"/api/v1/broadcasts/{show.broadcast}/applications/{application}/files"
    bearer = {"Authorization": f"Bearer {a_token(show.store, show.broadcast, watcher=device)}"}
    async with client.post(path, headers={**TUS, **bearer}) as response:
        said = await response.json()
        assert response.ok, said
        return str(said["id"])
