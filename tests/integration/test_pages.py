"""The pages and their files as a browser is given them."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from uuid import uuid4

import pytest

from storage.scans import ScanStore
from stream_jobs.actions.scans import ScanActions
from stream_jobs.domain.errors import StorageUnavailable
from stream_jobs.domain.ids import ChannelId
from stream_jobs.ports import AccountRole
from stream_jobs.ports.scans import Scanned
from stream_jobs.tokens import FORGED_CODE
from tests.builders import Store, a_broadcast, cards_of
from tests.report_builders import a_channel
from tests.site import Site

API = "/api/v1/broadcasts"


async def test_viewers_page_can_be_read_before_any_script(site: Site, store: Store) -> None:
    """The card on stage and all jobs are in the page itself."""
    broadcast = await a_broadcast(store, jobs=3, policies=1)
    await store.actions.stage.push(
        store.org, broadcast, (await cards_of(store, broadcast))[1], (await site.account(AccountRole.HOST)).by, uuid4()
    )

    answer = await site.ask("GET", f"/b/{broadcast}")
    page = re.sub(r"<script.*?</script>", "", await answer.text(), flags=re.S)

    assert answer.status == 200 and answer.content_type == "text/html"
    for word in ("2号岗位", "正在讲解", "岗位1", "岗位3", "政1", "24", "元/小时", "0000-1200000"):
        assert word in page, word
    assert 'id="boot"' in await answer.text()


async def test_viewers_page_speaks_english_when_asked(site: Site, store: Store) -> None:
    broadcast = await a_broadcast(store, jobs=1)

    page = await (await site.ask("GET", f"/b/{broadcast}", params={"lang": "en"})).text()

    assert '<html lang="en"' in page


async def test_page_of_a_job_with_markup_in_its_title_shows_it_as_text(site: Site, store: Store) -> None:
    broadcast = await a_broadcast(store, jobs=1)
    async with store.database.transaction(store.org) as tx:
        await tx.execute("UPDATE job SET title = $1", "</script><img src=x onerror=alert(1)>")

    page = await (await site.ask("GET", f"/b/{broadcast}")).text()

    assert "<img src=x" not in page and "&lt;img src=x" in page


async def test_password_never_goes_into_an_address(site: Site) -> None:
    """Typed and sent before the script is there, a form goes by itself: this one cannot, and not by GET."""
    page = await (await site.ask("GET", "/login")).text()

    assert re.search(r'<form [^>]*method="post"', page)
    assert re.search(r'<button [^>]*type="submit" disabled>', page)


@pytest.mark.parametrize("path", ["/b/1", "/b/01990000-0000-7000-8000-000000000001", "/s/nothing", "/s/假的"])
async def test_wrong_viewer_link_is_a_friendly_page(site: Site, path: str) -> None:
    answer = await site.ask("GET", path)

    assert (answer.status, answer.content_type) == (404, "text/html")
    assert "没有找到这场直播。请核对链接。" in await answer.text()


async def test_channel_link_opens_its_show_and_once_revoked_through_no_channel(site: Site, store: Store) -> None:
    broadcast, channel = await a_broadcast(store, jobs=1), ChannelId(uuid4())
    async with store.database.transaction(store.org) as tx:
        await tx.execute(
            "INSERT INTO channel (id, org_id, broadcast_id, kind, name, created_at, revoked_at) "
            "VALUES ($1, $2, $3, 'poster', '海报', $4, NULL), ($5, $2, $3, 'poster', '旧海报', $4, $4)",
            channel,
            store.org,
            broadcast,
            store.clock(),
            (revoked := ChannelId(uuid4())),
        )
    code = store.tokens.channel_code(channel)
    links = [store.tokens.channel_path(broadcast, channel), code]
    links += [store.tokens.channel_path(broadcast, revoked), store.tokens.channel_code(revoked)]

    pages = [await site.ask("GET", f"/s/{link}") for link in links]

    boots = [await page.text() for page in pages]
    assert [(page.status, str(broadcast) in boot) for page, boot in zip(pages, boots, strict=True)] == [(200, True)] * 4
    assert [f'"channel":"{code}"' in boot for boot in boots] == [True, True, False, False]
    assert [f'"channel":"{FORGED_CODE}"' in boot for boot in boots] == [False, False, True, True]


async def test_opening_a_channels_link_is_a_scan_whether_or_not_the_page_connects(site: Site, store: Store) -> None:
    """Each time, reloads too; not by a program that says so, ahead of a tap, for the head alone, or altered."""
    broadcast = await a_broadcast(store, jobs=1)
    channel = await a_channel(store, broadcast, "海报")
    link, phone = (
        f"/s/{store.tokens.channel_path(broadcast, channel)}",
        {"User-Agent": "Mozilla/5.0 (Linux; Android 14)"},
    )

    for opener in (phone["User-Agent"], "Mozilla/5.0 (Linux; Android 10; CUBOT X30)"):
        await site.ask("GET", link, headers={"User-Agent": opener})
    for program in ("Baiduspider/2.0", "facebookexternalhit/1.1", "curl/8.5", ""):
        await site.ask("GET", link, headers={"User-Agent": program})
    for says_so in ("Sec-Purpose", "Purpose"):
        await site.ask("GET", link, headers={**phone, says_so: "prefetch;prerender"})
    await site.ask("HEAD", link, headers=phone)
    await site.ask("GET", link[:-3], headers=phone)
    await store.actions.scans.write()
    await site.ask("GET", link, headers=phone)
    await store.actions.scans.write()

    [line] = (await store.actions.report.report_now(store.org, broadcast)).channels
    assert (line.name, line.scans, line.visits) == ("海报", 3, 0)


async def test_what_was_scanned_while_the_database_was_away_is_written_once(store: Store) -> None:
    """What an answer that was lost had stored counts nothing twice."""
    broadcast = await a_broadcast(store, jobs=1)
    channel, written = await a_channel(store, broadcast, "海报"), list[Scanned]()

    class Forgetful(ScanStore):
        async def set(self, scanned: Sequence[Scanned]) -> None:
            await super().set(scanned)
            written.extend(scanned)
            if len(written) == 1:
                raise StorageUnavailable

    scans = ScanActions(Forgetful(store.database), store.clock)
    scans.opened(store.org, broadcast, channel)
    with pytest.raises(StorageUnavailable):
        await scans.write()
    scans.opened(store.org, broadcast, channel)
    for _ in range(2):
        await scans.write()

    [line] = (await store.actions.report.report_now(store.org, broadcast)).channels
    assert (line.scans, [one.times for one in written]) == (2, [1, 2])


async def test_what_was_scanned_last_is_written_at_the_end(store: Store) -> None:
    broadcast = await a_broadcast(store, jobs=1)
    channel = await a_channel(store, broadcast, "海报")

    writing = asyncio.create_task(store.actions.scans.run())
    await asyncio.sleep(0)
    store.actions.scans.opened(store.org, broadcast, channel)
    writing.cancel()
    with suppress(asyncio.CancelledError):
        await writing

    [line] = (await store.actions.report.report_now(store.org, broadcast)).channels
    assert line.scans == 1


async def test_rehearsals_are_not_listed(site: Site, store: Store) -> None:
    shown, hidden = await a_broadcast(store, jobs=1), await a_broadcast(store, jobs=1, rehearsal=True)

    page = await (await site.ask("GET", "/")).text()

    assert str(shown) in page and str(hidden) not in page


async def test_host_finds_the_shows_to_run_and_no_others(site: Site, store: Store) -> None:
    """Signing in leads to a list of what this account may act on."""
    own, reserved = await a_broadcast(store, jobs=1), await a_broadcast(store, jobs=1)
    somebody = await site.account(AccountRole.HOST)
    await site.accounts.reserve(store.org, reserved, [somebody.id])

    page = await (await site.ask("GET", "/host", headers=await site.host())).text()

    assert f"/host/{own}" in page and str(reserved) not in page


async def test_page_for_staff_asks_to_sign_in_and_leads_back(site: Site) -> None:
    answer = await site.ask("GET", "/organiser/imports", params={"x": "1"})

    assert (answer.status, answer.headers["Location"]) == (303, "/login?next=/organiser/imports%3Fx%3D1")


async def test_answer_to_a_question_must_say_something(site: Site, store: Store) -> None:
    """Characters nobody can see are no answer."""
    broadcast, headers = await a_broadcast(store, jobs=1), await site.host()
    said = {"card_id": str((await cards_of(store, broadcast))[0]), "kind": "rest", "answer": "\u0000\u200b "}

    answer = await site.ask("POST", f"{API}/{broadcast}/questions/answer", json=said, headers=headers)

    assert (answer.status, (await answer.json(content_type=None))["field"]) == (422, "answer")


async def test_every_answer_carries_the_security_headers(site: Site, store: Store) -> None:
    broadcast = await a_broadcast(store, jobs=1)

    for path in ("/", f"/b/{broadcast}", "/api/v1/nothing", "/static/css/base.css", "/nothing"):
        headers = (await site.ask("GET", path)).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Server"] == "stream_jobs"
    assert (await site.ask("GET", f"{API}/{broadcast}")).headers["Cache-Control"] == "no-store"


async def test_pages_take_along_only_files_of_ours_that_exist(site: Site, store: Store) -> None:
    """Every address in the shell answers, and is kept for ever under its version."""
    broadcast = await a_broadcast(store, jobs=1)
    page = await (await site.ask("GET", f"/b/{broadcast}")).text()

    addresses = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)

    assert addresses
    for address in addresses:
        answer = await site.ask("GET", address, headers={"Accept-Encoding": "gzip"})
        assert answer.status == 200 and "immutable" in answer.headers["Cache-Control"], address
        assert answer.headers["Content-Encoding"] == "gzip"
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


async def test_unchanged_file_is_not_sent_again(site: Site) -> None:
    first = await site.ask("GET", "/static/css/base.css")

    again = await site.ask("GET", "/static/css/base.css", headers={"If-None-Match": first.headers["ETag"]})

    assert (first.headers["Cache-Control"], again.status) == ("no-cache", 304)


@pytest.mark.parametrize(
    "path", ["../server.py", "%2e%2e/server.py", "..%2fserver.py", "css", "nothing.js", "/etc/passwd"]
)
async def test_only_files_of_the_folder_are_served(site: Site, path: str) -> None:
    answer = await site.ask("GET", f"/static/{path}")

    assert answer.status == 404
