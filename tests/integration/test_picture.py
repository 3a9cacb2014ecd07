"""A show's own picture over HTTP: typed by its organiser, told to everyone, allowed on its page alone."""

from stream_jobs.ports import AccountRole
from tests.builders import Store, a_broadcast
from tests.site import a_site

PICTURE = "https://live.example.cn/show/index.m3u8"


async def test_the_page_of_a_show_with_a_picture_may_ask_its_host(store: Store) -> None:
    """No other page may, and taking the picture away takes the right away."""
    broadcast, other = await a_broadcast(store), await a_broadcast(store)
    async with a_site(store) as site:
        organiser = await site.signed_in(await site.account(AccountRole.ORGANISER))
        show = f"/api/v1/broadcasts/{broadcast}/show"

        changed = await site.ask("PATCH", show, json={"picture_url": PICTURE}, headers=organiser)
        wrong = await site.ask("PATCH", show, json={"picture_url": "http://live.example.cn/a.m3u8"}, headers=organiser)
        page = await site.ask("GET", f"/b/{broadcast}")
        plain = await site.ask("GET", f"/b/{other}")
        snapshot = await (await site.ask("GET", f"/api/v1/broadcasts/{broadcast}")).json()

        assert (await changed.json())["picture_url"] == PICTURE
        assert (wrong.status, (await wrong.json())["field"]) == (422, "picture_url")
        assert "media-src https://live.example.cn blob:" in page.headers["Content-Security-Policy"]
        assert "live.example.cn" not in plain.headers["Content-Security-Policy"]
        assert snapshot["broadcast"]["picture_url"] == PICTURE
        await site.ask("PATCH", show, json={"picture_url": None}, headers=organiser)
        assert (await (await site.ask("GET", show, headers=organiser)).json())["picture_url"] is None
