"""What follows an application, in every state: desk, lists, one's own page, files on a phone, being kept out."""

import csv
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import asyncpg
import pytest
from aiohttp import ClientSession, CookieJar
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, expect

from tests.drills.made_pdfs import a_large_pdf, a_pdf
from tests.e2e.host_side import DESKTOP, PHONE, Show, Viewport, a_screen, signed_in
from tests.e2e.phone import Words, button, fill, open_form, opened, send, sheet
from tests.e2e.support import Demo, Staff, a_demo, axe_finds, screenshot
from tests.e2e.test_resume_files import Line, choose
from tests.e2e.test_viewer_states import FRAMES

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
BOTH: tuple[Viewport, ...] = (PHONE, DESKTOP)
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
# A link inside a sentence is as high as its line (WCAG 2.2, 2.5.8); all else is for thumbs.
TOO_SMALL = """() => {
    const dialogs = document.querySelectorAll("[role=dialog]");
    const within = dialogs[dialogs.length - 1] || document.body;
    const targets = Array.from(within.querySelectorAll("button, a[href], select, label.check"));
    const shown = targets.filter((one) => one.offsetHeight > 1 && !one.closest(".skip-link, .visually-hidden"));
    const small = shown.filter((one) => one.offsetHeight < 48);
    return small.map((one) => `too small: ${one.textContent.trim().slice(0, 20)} ${one.offsetHeight}`);
}"""

States = AsyncIterator[tuple[str, Page]]


@pytest.fixture(scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """One of its own: what is at a desk depends on everything that was done before."""
    async with a_demo(tmp_path_factory.mktemp("following")) as running:
        yield running


@pytest.fixture(scope="module")
async def organiser(demo: Demo) -> AsyncIterator[Staff]:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        staff = Staff(demo, client)
        await staff.sign_in_as("organiser")
        yield staff


@dataclass(frozen=True)
class World:
    """A demo seen in one language."""

    demo: Demo
    browser: Browser
    organiser: Staff
    words: Words

    @asynccontextmanager
    async def screen(self, role: str | None = None, **more: Any) -> AsyncIterator[BrowserContext]:
        language = self.words.language
        async with a_screen(self.browser, PHONE, reduced_motion="reduce", locale=language, **more) as context:
            await context.add_cookies([{"name": "lang", "value": language, "url": self.demo.base_url}])
            if role:
                await signed_in(context, self.demo, role)
            yield context

    async def page(self, context: BrowserContext, path: str) -> Page:
        page = await context.new_page()
        await page.goto(self.demo.base_url + path)
        return page

    async def sql(self, statement: str, *given: object) -> None:
        """What only time or a broken disk would bring about."""
        connection = await asyncpg.connect(self.demo.database_url)
        try:
            # As the server keeps its own house: no organisation is asked for.
            await connection.execute("SELECT set_config('app.maintenance', 'on', false)")
            await connection.execute(statement, *given)
        finally:
            await connection.close()

    async def press(self, page: Page, key: str) -> None:
        await page.get_by_role("button", name=self.words(key), exact=True).last.click()


# ── the recruiter's desk ──────────────────────────────────────────────────────────────────────────────────────


async def desk(world: World) -> States:
    async with world.screen("recruiter") as context:
        page = await world.page(context, "/desk")
        rows = page.locator(".desk-row")
        await expect(rows.first).to_be_visible()
        yield "desk_list", page
        await page.locator(".chip").nth(1).click()
        await expect(page.locator(".chip").nth(1)).to_have_attribute("aria-pressed", "true")
        yield "desk_waiting", page
        await page.locator("button[aria-expanded]").first.click()
        yield "desk_filters", page
        await page.reload()
        await rows.first.locator(".desk-row-open").click()
        person = page.locator("[data-person]")
        await expect(person).to_be_visible()
        yield "desk_person", page
        await button(person, world.words("desk.reveal")).click()
        await expect(person.locator("a[href^='tel:']")).to_be_visible()
        await person.locator("textarea").fill("下周一上午十点来面试，带身份证和叉车证，走南门")
        await person.locator("input[type=date]").fill(await page.evaluate(TODAY))
        yield "desk_noting", page
        await button(person, world.words("desk.log_yes")).click()
        await expect(person.locator(".desk-history")).to_contain_text("叉车证")
        yield "desk_noted", page
        await page.goto(f"{world.demo.base_url}/desk")
        await page.locator(".chip").nth(2).click()
        await expect(rows).not_to_have_count(0)
        await expect(page.locator(".chip").nth(2)).to_have_attribute("aria-pressed", "true")
        yield "desk_due", page
        await page.locator(".chip").nth(0).click()
        for nth in (0, 1):
            await page.locator(".desk-row-select input").nth(nth).check()
        bulk = page.locator(".desk-bulk")
        await bulk.locator("select").select_option("rejected")
        await bulk.locator("button[type=submit]").click()
        yield "desk_bulk", page
        await page.reload()
        await page.get_by_role("searchbox").fill("查无此人")
        await expect(page.locator(".desk-left .empty")).to_be_visible()
        yield "desk_empty", page
    async with world.screen("organiser") as context:
        page = await world.page(context, "/desk")
        await expect(page.locator(".desk-employer").first).to_be_visible()
        yield "desk_employers", page


TODAY = "new Date(Date.now() + 8 * 3600 * 1000).toISOString().slice(0, 10)"


async def exports(world: World) -> States:
    """On their way out: a form, one that is ready, one that could not be written."""
    async with world.screen("recruiter") as context:
        page = await world.page(context, "/desk")
        await world.press(page, "exports.open")
        await world.press(page, "exports.start")
        await expect(sheet(page).locator("a[download]").first).to_be_visible(timeout=30_000)
        yield "export_ready", page
        await world.sql(
            "UPDATE export SET state = 'failed', failure = 'files_unavailable', object_key = NULL WHERE state = 'ready'"
        )
        await page.reload()
        await world.press(page, "exports.open")
        again = sheet(page).get_by_role("button", name=world.words("exports.again"))
        await expect(again.first).to_be_visible()
        await again.first.scroll_into_view_if_needed()
        yield "export_failed", page
        await again.first.click()
        await expect(sheet(page).locator("a[download]").first).to_be_visible(timeout=30_000)


# ── a list by link and code ───────────────────────────────────────────────────────────────────────────────────


async def collecting(world: World) -> States:
    show = await a_show_of_two(world)
    made = await a_link(world, show)
    async with world.screen(accept_downloads=True) as context:
        page = await world.page(context, made["path"])
        code = page.get_by_label(world.words("lists.collect.code"))
        await expect(code).to_be_visible()
        yield "collect_code", page
        await code.fill(f"{(int(made['code']) + 1) % 1_000_000:06}")
        await world.press(page, "lists.collect.open")
        await expect(page.locator(".field-error")).to_be_visible()
        yield "collect_wrong_code", page
        await code.fill(made["code"])
        await world.press(page, "lists.collect.open")
        await expect(page.locator(".collect-person").first).to_be_visible()
        yield "collect_list", page
        await page.locator("#people-list").set_input_files(
            FilePayload(name="名单.csv", mimeType="text/csv", buffer=returned().encode())
        )
        await expect(page.get_by_role("tab").first).to_be_visible()
        await page.locator("#bring-back").scroll_into_view_if_needed()
        yield "collect_preview", page
        await page.get_by_role("tab").nth(1).click()
        yield "collect_faulty", page
        await page.locator(".list-panel .button-primary").click()
        await expect(page.locator(".list-panel .tone-ok")).to_be_visible()
        yield "collect_done", page
    # The same words for a wrong code and a link that has ended: which of them is told to nobody.
    await world.sql("UPDATE collection SET expires_at = created_at WHERE id = $1", UUID(made["id"]))
    async with world.screen() as context:
        page = await world.page(context, made["path"])
        await page.get_by_label(world.words("lists.collect.code")).fill(made["code"])
        await world.press(page, "lists.collect.open")
        await expect(page.locator(".field-error")).to_be_visible()
        yield "collect_expired", page
    async with world.screen("organiser") as context:
        page = await world.page(context, f"/organiser/broadcasts/{show.id}/report")
        await button(page, world.words("organiser.handover.title")).first.click()
        await expect(sheet(page).get_by_text(world.words("lists.link.state.expired")).first).to_be_visible()
        yield "collect_links", page


def returned() -> str:
    text = io.StringIO()
    csv.writer(text).writerows(
        [("编号", "手机", "联系结果", "备注"), ("0001", "", "约周三面试", "带身份证"), ("0002", "", "看情况吧", "")]
    )
    return "\ufeff" + text.getvalue()


async def a_show_of_two(world: World) -> Show:
    wanted = {"title": "就业暖心季·东莞专场", "starts_at": "2030-01-01T06:00:00Z", "like": world.demo.broadcast_id}
    made = await world.organiser.ask("POST", "/api/v1/broadcasts", wanted)
    tray = await world.organiser.ask("GET", f"/api/v1/broadcasts/{made['id']}/tray")
    show = Show(made["id"], world.organiser, {card["label"]: card for card in tray["cards"]})
    await show.record("1号", "13900001111", "欧阳建国")
    await show.record("2号", "13900001112", "")
    return show


async def a_link(world: World, show: Show) -> dict[str, str]:
    employer = show.cards["1号"]["job"]["employer"]["id"]
    body = {"employer_id": employer, "purpose": "contact", "receiver": "张经理"}
    made = await world.organiser.ask("POST", f"{show.path}/collections", body)
    return {"path": "/collect/" + made["url"].rpartition("/")[2], "code": made["code"], "id": made["collection"]["id"]}


# ── one's own page ────────────────────────────────────────────────────────────────────────────────────────────


async def mine(world: World) -> States:
    show = await a_show_of_two(world)
    words, phone = world.words, "1391234000" + ("1" if world.words.language == "en" else "2")
    await world.organiser.ask("PATCH", f"{show.path}/show", {"phone_check": "after"})
    await show.record("4号", phone, "王建国")
    async with world.screen() as context:
        page = await world.page(context, f"/me?show={show.id}")
        await expect(page.locator(".empty")).to_be_visible()
        yield "me_empty", page
        await applies(world, page, show, 5, phone)
        await page.goto(f"{world.demo.base_url}/me?show={show.id}")
        await expect(page.locator("[data-application]")).to_have_count(1)
        yield "me_one", page
        await world.press(page, "me.prove.open")
        yield "me_prove", page
        await sheet(page).get_by_role("textbox").fill(phone)
        await sheet(page).locator("button[type=submit]").click()
        code = page.get_by_label(words("common.verify.code"), exact=True)
        await code.fill("000000")
        await sheet(page).locator("button[type=submit]").click()
        await expect(sheet(page)).to_contain_text(words("common.error.code_wrong")[:8])
        yield "me_wrong_code", page
        await code.fill(world.demo.newest_code)
        await sheet(page).locator("button[type=submit]").click()
        await expect(page.locator("[data-application]")).to_have_count(2)
        yield "me_proven", page
        await world.press(page, "viewer.mine.withdraw")
        await expect(sheet(page)).to_contain_text(words("viewer.mine.withdraw_yes"))
        yield "me_withdraw", page
        await page.keyboard.press("Escape")
        await world.press(page, "me.correct.open")
        yield "me_correct", page
        await page.keyboard.press("Escape")
        await world.press(page, "me.erase.open")
        yield "me_erase", page
        await world.press(page, "me.erase.go_on")
        yield "me_erase_sure", page
        await world.press(page, "me.erase.yes")
        await expect(page.locator(".empty")).to_be_visible()
        yield "me_erased", page


async def applies(world: World, page: Page, show: Show, number: int, phone: str) -> None:
    await page.goto(world.demo.page(show.id))
    await open_form(page, number, world.words)
    await fill(page, phone, "王师傅", world.words)
    await send(page, world.words)


# ── files, and being kept out ─────────────────────────────────────────────────────────────────────────────────


async def files(world: World) -> States:
    words = world.words
    async with world.screen() as context:
        page = await opened(context, world.demo.viewer_url)
        await open_form(page, 4, words)
        await fill(page, "1380000778" + ("1" if words.language == "en" else "2"), "钱师傅", words)
        await send(page, words)
        await button(sheet(page), words("viewer.files.add")).click()
        yield "files_none", page
        await choose(page, "手机拍的证书照片，很长很长的文件名，看看会不会把屏幕撑宽.pdf", b"MZ" + bytes(3000), words)
        row = page.locator("[data-file]").first
        await expect(row).to_have_attribute("data-phase", "refused", timeout=30_000)
        yield "files_refused", page
        await button(sheet(page), words("viewer.files.delete")).click()
        line = await Line.of(page)
        await line.be(up=True)
        await choose(page, "钱师傅 简历.pdf", a_large_pdf(9 << 20), words)
        await expect(row).to_contain_text("2", timeout=30_000)
        yield "files_sending", page
        await button(sheet(page), words("viewer.files.pause")).click()
        await expect(row).to_have_attribute("data-phase", "paused")
        yield "files_paused", page
        await button(sheet(page), words("viewer.files.delete")).click()
        await expect(row).to_have_count(0)
        await choose(page, "钱师傅 简历.pdf", a_pdf(), words)
        await expect(row).to_have_attribute("data-phase", "ready", timeout=60_000)
        yield "files_ready", page


async def kept_out(world: World) -> States:
    show = await a_show_of_two(world)
    await show.act("start")
    async with world.screen() as context:
        page = await opened(context, world.demo.page(show.id))
        await applies(world, page, show, 5, "13900007791")
        listed = await world.organiser.ask("GET", f"{show.path}/applications")
        lines = [line["application"] for line in listed["applications"]]
        one = next(line for line in lines if not line["recorded_by"])
        await world.organiser.ask("POST", f"{show.path}/bans", {"application_id": one["id"], "reason": "刷屏"})
        await expect(page.locator("#content")).to_contain_text(world.words("viewer.kept_out.title"))
        yield "kept_out", page


# ── looking ───────────────────────────────────────────────────────────────────────────────────────────────────


async def looked_at(name: str, page: Page, language: str, sizes: tuple[Viewport, ...]) -> list[str]:
    found = []
    for size in sizes:
        await page.set_viewport_size(size)  # type: ignore[arg-type]  # a plain dict
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            await page.evaluate(FRAMES)
            place = f"{size['width']}_{scheme}"
            await screenshot(page, f"{name}_{place}_{language}")
            found += [f"{place} axe: {fault}" for fault in await axe_finds(page)]
        if await page.evaluate(TOO_WIDE):
            found.append(f"wider than {size['width']}")
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict
    await page.evaluate(FRAMES)
    return [*found, *await page.evaluate(TOO_SMALL)]


PARTS: dict[str, tuple[Callable[[World], States], tuple[Viewport, ...]]] = {
    "desk": (desk, BOTH),
    "exports": (exports, BOTH),
    "collecting": (collecting, BOTH),
    "mine": (mine, BOTH),
    # A file is sent from the phone that applied.
    "files": (files, (PHONE,)),
    "kept_out": (kept_out, BOTH),
}


@pytest.mark.screenshots
@pytest.mark.timeout(900)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("part", PARTS)
async def test_every_state_after_applying(
    demo: Demo, browser: Browser, organiser: Staff, part: str, language: str
) -> None:
    """Light and dark, on phone and desktop: nothing is wider than the screen, too small to touch, or found by axe."""
    states, sizes = PARTS[part]
    world = World(demo, browser, organiser, Words(language))

    found: dict[str, list[str]] = {}
    async for name, page in states(world):
        if faults := await looked_at(name, page, language, sizes):
            found[name] = faults

    assert found == {}
