"""The viewer's page in a real browser: applying, the line, and nothing that interrupts."""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from realtime import protocol as p
from realtime.wire import frame
from storage.pool import open_database
from stream_jobs.domain.events import CardBody, CardPushed, StageEntry
from tests.clients import eventually
from tests.e2e.phone import (
    a_device,
    button,
    fill,
    on_stage,
    open_form,
    open_job,
    opened,
    send,
    sheet,
    show_that_is,
    tab,
)
from tests.e2e.support import Console, Demo, a_line, axe_finds, screenshot, still, until

logger = logging.getLogger(__name__)

SLOW_TYPIST_MS = 250
TAPS = """() => {
    window.taps = 0;
    window.addEventListener("pointerdown", () => { window.taps += 1; }, true);
}"""
# Each sentence of the polite region, and when it came.
HEARD = """() => {
    window.heard = [];
    const region = Array.from(document.querySelectorAll("[aria-live=polite]")).pop();
    const note = () => region.textContent && window.heard.push([region.textContent, performance.now()]);
    new MutationObserver(note).observe(region, { childList: true, characterData: true, subtree: true });
}"""
# A keyboard that lies over the page, as on newer phones: the page keeps its height, and is told how much is in sight.
KEYBOARD = """() => {
    const area = new EventTarget();
    Object.assign(area, { scale: 1, offsetTop: 0, height: 844 });
    Object.defineProperty(window, "visualViewport", { value: area });
    window.openKeyboard = (height) => {
        area.height = height;
        area.dispatchEvent(new Event("resize"));
    };
}"""


@pytest.fixture
async def device(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A phone with its own memory."""
    async with a_device(browser) as context:
        yield context


async def apply_for(page: Page, number: int, phone: str, name: str = "") -> str:
    """Applies and says under which number it was stored."""
    await open_form(page, number)
    await fill(page, phone, name)
    await send(page)
    said = re.search(r"编号 (\d{4,})", await sheet(page).inner_text())
    assert said
    await button(page, "再看看别的").click()
    return said[1]


async def stored_names(page: Page, part: str) -> list[str]:
    """What this device keeps under names with that part."""
    names: list[str] = await page.evaluate("Object.keys(localStorage)")
    return [name for name in names if part in name]


# ── applying ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_viewer_applies_in_three_taps_besides_typing(
    demo: Demo, console: Console, device: BrowserContext
) -> None:
    """我要报名, the box, 确认报名, within twenty seconds of a cold link; then who calls, and when."""
    await console.push("3号")
    await device.add_init_script(f"({TAPS})()")
    began = time.monotonic()
    page = await opened(device, demo.viewer_url)

    await button(page, "我要报名").click()
    await expect(page.get_by_role("textbox", name="手机号")).to_be_focused()
    await page.keyboard.type("13800000001", delay=SLOW_TYPIST_MS)
    await page.get_by_role("checkbox").click()
    await button(page, "确认报名").click()

    await expect(sheet(page).get_by_role("heading")).to_have_text("报名成功")
    took = time.monotonic() - began
    logger.info("applied %.1f s after a cold link", took)
    assert took <= 20
    assert await page.evaluate("window.taps") == 3
    await expect(sheet(page)).to_contain_text(re.compile(r"今天 \d\d:\d\d · 编号 \d{4}"))
    await expect(sheet(page)).to_contain_text(re.compile(r"接下来：示例·恒顺注塑一般.+打电话给您，请留意 0000-"))
    await expect(sheet(page)).to_contain_text("没接到电话？打 0000-1200000 问一问。")
    await button(page, "再看看别的").click()
    await expect(page.get_by_role("button", name=re.compile(r"✓ 已报名 \d\d:\d\d"))).to_be_disabled()
    await expect(tab(page, "我的报名 1")).to_be_visible()


async def test_applying_again_from_another_tab_is_the_same_application(demo: Demo, device: BrowserContext) -> None:
    """A second tab that has not heard of the first is told so, and nothing is stored twice."""
    first, second = await opened(device, demo.viewer_url), await opened(device, demo.viewer_url)
    await open_form(second, 2)
    await apply_for(first, 2, "138 0000 0002")

    await fill(second, "+86 138-0000-0002")
    await button(second, "确认报名").click()

    await expect(sheet(second)).to_contain_text(re.compile(r"您 \d\d:\d\d 已经报过这个岗位，不用重复报名。"))
    await button(second, "再看看别的").click()
    await tab(second, "我的报名 1").click()
    await expect(second.locator("[data-application]")).to_have_count(1)


@pytest.mark.parametrize("typed", ["１３８００００００１０", "+86 138 0000 0010", "8613800000010", "138-0000-0010"])
async def test_phone_number_is_taken_as_people_type_it(demo: Demo, device: BrowserContext, typed: str) -> None:
    """Full-width digits, spaces, dashes and +86 are grouped 3-4-4."""
    page = await opened(device, demo.viewer_url)
    await open_form(page, 2)

    await page.get_by_role("textbox", name="手机号").fill(typed)

    await expect(page.get_by_role("textbox", name="手机号")).to_have_value("138 0000 0010")


async def test_wrong_number_and_missing_tick_are_said_beside_their_fields(demo: Demo, device: BrowserContext) -> None:
    """Nothing is sent, the number gets the focus."""
    page = await opened(device, demo.viewer_url)
    await open_form(page, 2)
    await expect(page.get_by_role("checkbox")).not_to_be_checked()

    await page.get_by_role("textbox", name="手机号").fill("1380000")
    await button(page, "确认报名").click()

    await expect(page.get_by_text("手机号应该是11位，请再看一下。")).to_be_visible()
    await expect(page.get_by_text("请先勾选同意，企业才能联系您。")).to_be_visible()
    await expect(page.get_by_role("textbox", name="手机号")).to_be_focused()
    await page.get_by_role("textbox", name="手机号").fill("02085551234")
    await button(page, "确认报名").click()
    await expect(page.get_by_text("请填1开头的手机号，座机收不到短信。")).to_be_visible()
    assert await stored_names(page, "outbox") == []


async def test_half_filled_form_survives_a_reload(demo: Demo, device: BrowserContext) -> None:
    """The sheet stands open again with what was typed and ticked."""
    page = await opened(device, demo.viewer_url)
    await open_form(page, 4)
    await fill(page, "13800000011", "王师傅")

    await page.reload()

    await expect(sheet(page)).to_contain_text("报名 4号 品检员")
    await expect(page.get_by_role("textbox", name="手机号")).to_have_value("138 0000 0011")
    await expect(page.get_by_label("怎么称呼您")).to_have_value("王师傅")
    await expect(page.get_by_role("checkbox")).to_be_checked()


async def test_another_person_on_the_same_phone_applies_too(demo: Demo, device: BrowserContext) -> None:
    """换个人 empties the form; the list shows both, masked."""
    page = await opened(device, demo.viewer_url)
    await apply_for(page, 5, "13800000012", "王师傅")
    await open_form(page, 4)
    await expect(page.get_by_role("textbox", name="手机号")).to_have_value("138 0000 0012")

    await button(page, "换个人").click()

    await expect(page.get_by_role("textbox", name="手机号")).to_have_value("")
    await expect(page.get_by_label("怎么称呼您")).to_have_value("")
    await expect(page.get_by_role("checkbox")).not_to_be_checked()
    await fill(page, "13800000013", "李姐")
    await button(page, "确认报名").click()
    await expect(sheet(page)).to_contain_text("报名成功")
    await button(page, "再看看别的").click()
    await tab(page, "我的报名 2").click()
    await expect(page.get_by_text("王** 138****0012")).to_be_visible()
    await expect(page.get_by_text("李** 138****0013")).to_be_visible()
    assert "13800000013" not in await page.inner_html("#viewer-panel-mine")


async def test_viewer_withdraws_after_being_asked(demo: Demo, device: BrowserContext) -> None:
    """再想想 changes nothing; 撤回报名 does, and the job can be applied for again under the same number."""
    page = await opened(device, demo.viewer_url)
    number = await apply_for(page, 7, "13800000014")
    await tab(page, "我的报名 1").click()
    await button(page, "撤回").click()
    await expect(sheet(page)).to_contain_text("撤回后，企业不能再看到您的电话。")
    await button(page, "再想想").click()
    await expect(page.locator("[data-application]")).to_contain_text("已报名")

    await button(page, "撤回").click()
    await button(page, "撤回报名").click()

    await expect(page.locator("[data-application]")).to_contain_text("已撤回")
    await button(page, "重新报名").click()
    await page.get_by_role("checkbox").check()
    await button(page, "确认报名").click()
    await expect(sheet(page)).to_contain_text(re.compile("报名成功|已经报过"))
    await button(page, "再看看别的").click()
    await expect(page.locator("[data-application]")).to_have_count(1)
    await expect(page.locator("[data-application]")).to_contain_text(re.compile(f"已报名.*编号 {number}", re.DOTALL))


async def test_resume_is_kept_for_the_next_application(demo: Demo, device: BrowserContext) -> None:
    """All of it optional; the next application of the same person begins with it."""
    page = await opened(device, demo.viewer_url)
    await open_form(page, 8)
    await fill(page, "13800000015")
    await button(page, "确认报名").click()
    await button(page, "填写简历").click()
    await sheet(page).get_by_label("做过什么").fill("注塑三年")
    await button(page, "保存简历").click()
    await expect(page.get_by_text("简历已保存，下次报名自动带上。")).to_be_visible()
    await button(page, "再看看别的").click()

    await apply_for(page, 9, "13800000015")
    await tab(page, "我的报名 2").click()
    await button(page, "填写简历").first.click()

    await expect(sheet(page).get_by_label("做过什么")).to_have_value("注塑三年")


async def test_viewer_applies_with_the_keyboard_alone(demo: Demo, console: Console, device: BrowserContext) -> None:
    """Tab, typing, space, and the keyboard's own Enter; Esc closes and the focus comes back."""
    await console.push("4号")
    page = await opened(device, demo.viewer_url)
    await on_stage(page, "4号岗位")
    for _ in range(30):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent.trim()") == "我要报名":
            break
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="手机号")).to_be_focused()
    await page.keyboard.type("13800000016")
    await expect(page.get_by_role("checkbox")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await page.keyboard.press("Shift+Tab")

    await page.keyboard.press("Enter")

    await expect(sheet(page)).to_contain_text("报名成功")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize(("width", "height", "swipe"), [(390, 450, 0), (360, 260, 220)])
async def test_confirm_is_within_reach_above_an_open_keyboard(
    demo: Demo, browser: Browser, width: int, height: int, swipe: int
) -> None:
    """At 390 × 450 without scrolling, at 360 × 260 after one swipe."""
    async with a_device(browser) as device:
        page = await opened(device, demo.viewer_url)
        await open_form(page, 4)
        await page.set_viewport_size({"width": width, "height": height})
        await still(page)

        await page.locator(".sheet-body").evaluate("(body, swipe) => body.scrollTo(0, swipe)", swipe)

        box = await button(page, "确认报名").bounding_box()
        assert box and box["y"] >= 0 and box["y"] + box["height"] <= height


async def test_confirm_is_in_sight_above_a_keyboard_that_covers_the_page(demo: Demo, device: BrowserContext) -> None:
    """Newer phones do not shrink the page for the keyboard: the sheet once stood behind it."""
    await device.add_init_script(f"({KEYBOARD})()")
    page = await opened(device, demo.viewer_url)
    await open_form(page, 4)

    await page.evaluate("window.openKeyboard(450)")
    await still(page)

    box = await button(page, "确认报名").bounding_box()
    assert box and box["y"] >= 0 and box["y"] + box["height"] <= 450
    await page.evaluate("window.openKeyboard(844)")
    assert await page.locator(".sheet-veil").evaluate("(veil) => veil.getBoundingClientRect().height") == 844


# ── a new card never interrupts ───────────────────────────────────────────────────────────────────────────────


async def test_push_while_the_apply_sheet_is_open_changes_nothing_in_it(
    demo: Demo, console: Console, device: BrowserContext
) -> None:
    """Its markup, what was typed, the focus and its place are the same; the new card waits under the top bar."""
    await console.push("3号")
    page = await opened(device, demo.viewer_url)
    await on_stage(page, "3号岗位")
    await button(page, "我要报名").click()
    await fill(page, "13800000017", "王师傅")
    state = """() => {
        const box = document.querySelector('[role=dialog]');
        const fields = Array.from(box.querySelectorAll('input'), (field) => [field.value, field.checked]);
        const focus = Array.from(box.querySelectorAll('*')).indexOf(document.activeElement);
        return JSON.stringify([box.outerHTML, fields, focus, box.getBoundingClientRect()]);
    }"""
    before = await page.evaluate(state)

    await console.push("5号")
    await expect(page.locator(".viewer-pill")).to_have_text("主播开始讲 5号 空调装配工 · 看看")

    assert await page.evaluate(state) == before
    await page.keyboard.press("Escape")
    await on_stage(page, "3号岗位")
    await page.locator(".viewer-pill").click()
    await on_stage(page, "5号岗位")
    await expect(page.locator(".viewer-pill")).to_have_count(0)


async def test_new_card_takes_the_stage_of_a_viewer_who_touches_nothing(
    demo: Demo, console: Console, device: BrowserContext
) -> None:
    """On 直播, at the top, no sheet: the card comes by itself and is announced."""
    await console.push("1号")
    page = await opened(device, demo.viewer_url)
    await on_stage(page, "1号岗位")

    await console.push("3号")

    await on_stage(page, "3号岗位")
    await expect(page.locator("[aria-live=polite]").last).to_have_text("3号岗位，24元每小时，注塑操作工")
    await expect(page.locator(".viewer-pill")).to_have_count(0)


async def test_cards_in_quick_succession_are_announced_once_in_five_seconds(
    demo: Demo, console: Console, device: BrowserContext
) -> None:
    """Of those that wait only the newest is said."""
    await console.push("1号")
    page = await device.new_page()
    await page.clock.install()
    await page.goto(demo.viewer_url)
    await expect(page.locator(".viewer-watching")).to_be_visible()
    await page.evaluate(f"({HEARD})()")

    # What the page itself brought may have been said just before: the next is then said when its time has come.
    await console.push("3号")
    await on_stage(page, "3号岗位")

    async def said(what: str) -> bool:
        await page.clock.fast_forward(1_000)
        return bool(await page.evaluate("what => window.heard.some(([said]) => said.startsWith(what))", what))

    await until(lambda: said("3号岗位，24元每小时，注塑操作工"))
    for label in ("13号", "14号", "15号"):
        await console.push(label)
    await on_stage(page, "15号岗位")
    await until(lambda: said("15号岗位，"))

    heard = await page.evaluate("window.heard")
    assert len(heard) < 4
    assert all(later - earlier >= 4900 for (_, earlier), (_, later) in pairwise(heard))


async def test_card_pushed_before_the_line_stands_is_announced_too(
    demo: Demo, console: Console, device: BrowserContext
) -> None:
    """It came with the room's snapshot and not as an event, and a screen reader was told nothing."""
    pushed = asyncio.Event()

    async def hold(route: Route) -> None:
        await pushed.wait()
        await route.continue_()

    await console.push("1号")
    await device.route("**/connection-token", hold)
    page = await opened(device, demo.viewer_url)
    await console.push("3号")
    pushed.set()

    await on_stage(page, "3号岗位")
    await expect(page.locator("[aria-live=polite]").last).to_have_text("3号岗位，24元每小时，注塑操作工")


async def test_same_card_pushed_again_leaves_its_buttons_where_they_are(
    demo: Demo, console: Console, device: BrowserContext
) -> None:
    """The sticky bar once stood beside the card's own buttons, because it watched a card that had been replaced."""
    await console.push("1号")
    page = await opened(device, demo.viewer_url)
    await on_stage(page, "1号岗位")
    await console.withdraw("1号")
    await console.push("1号")

    await on_stage(page, "1号岗位")
    await expect(page.locator("article")).to_contain_text("正在讲解")
    await expect(button(page, "我要报名")).to_have_count(1)
    await expect(page.locator(".viewer-sticky")).to_have_count(0)


async def test_new_card_waits_for_a_viewer_who_just_touched_the_page(
    demo: Demo, console: Console, device: BrowserContext
) -> None:
    """Someone reading is offered the card, not given it."""
    await console.push("1号")
    page = await opened(device, demo.viewer_url)
    await on_stage(page, "1号岗位")
    await page.mouse.click(5, 400)

    await console.push("2号")

    await expect(page.locator(".viewer-pill")).to_contain_text("2号")
    await on_stage(page, "1号岗位")


# ── the line ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_application_made_without_a_line_is_sent_by_itself_once(demo: Demo, device: BrowserContext) -> None:
    """Saved and said so; a second tab and a reload do not double it; nothing personal is left once it is stored."""
    async with a_line(demo) as (line, url):
        page = await opened(device, url)
        await open_form(page, 11)
        await fill(page, "13800000018", "王师傅")
        line.cut()

        await button(page, "确认报名").click()
        await expect(sheet(page)).to_contain_text("网络不好，已替您保存。连上网会自动报名，不会重复。")
        await screenshot(page, "viewer_saved_offline_390x844")
        assert len(await stored_names(page, "outbox")) == 1
        line.mend()
        again = await opened(device, url)

        await expect(sheet(page)).to_contain_text(re.compile("报名成功|已经报过"), timeout=30_000)
        await expect(tab(again, "我的报名 1")).to_be_visible(timeout=30_000)
        await again.reload()
        await tab(again, "我的报名 1").click()
        await expect(again.locator("[data-application]")).to_have_count(1)
        assert await stored_names(again, "outbox") == []


async def test_answer_of_another_server_is_no_refusal(demo: Demo, device: BrowserContext) -> None:
    """A hotspot's own page in place of ours once counted as a refusal, and the application was thrown away."""
    await device.route_web_socket("**/connection/websocket", lambda socket: socket.close())
    await device.route("**/applications", lambda route: route.fulfill(body="<p>请先登录无线网络</p>"))
    page = await opened(device, demo.viewer_url)
    await open_form(page, 14)
    await fill(page, "13800000023")

    await button(page, "确认报名").click()
    await expect(sheet(page)).to_contain_text("网络不好，已替您保存。连上网会自动报名，不会重复。")
    await device.unroute("**/applications")
    await page.evaluate("window.dispatchEvent(new Event('online'))")

    await expect(sheet(page)).to_contain_text("报名成功")


async def test_consent_that_does_not_come_is_asked_for_again(demo: Demo, device: BrowserContext) -> None:
    """On a line that is dead and does not say so, the form once stood without its box for ever."""
    await device.route("**/consent?*", lambda route: None)
    page = await device.new_page()
    await page.clock.install()
    await page.goto(demo.viewer_url)
    await open_job(page, 15)
    await button(sheet(page), "我要报名").click()
    await expect(sheet(page)).to_contain_text("正在读取…")

    await page.clock.fast_forward(9000)
    await expect(button(sheet(page), "再试一次")).to_be_visible()
    await device.unroute("**/consent?*")
    await button(sheet(page), "再试一次").click()

    await expect(page.get_by_role("checkbox")).to_be_visible()


async def test_list_that_could_not_be_fetched_is_fetched_when_asked_again(demo: Demo, device: BrowserContext) -> None:
    """Under another address: older browsers never fetch again what failed once."""
    asked: list[str] = []
    await device.route("**/viewer/list.js", lambda route: route.abort())
    page = await opened(device, demo.viewer_url)
    page.on("request", lambda request: asked.append(request.url))
    await tab(page, "全部岗位").click()
    await button(page, "再试一次").click()

    await expect(page.get_by_role("searchbox")).to_be_visible()

    assert any(re.search(r"/viewer/list\.js\?again=\d+$", url) for url in asked)


async def test_unsent_application_survives_closing_the_page(demo: Demo, device: BrowserContext) -> None:
    """It waits on the phone and is sent when the page is opened again."""
    async with a_line(demo) as (line, url):
        page = await opened(device, url)
        await open_form(page, 13)
        await fill(page, "13800000019")
        line.cut()
        await button(page, "确认报名").click()
        await expect(sheet(page)).to_contain_text("网络不好，已替您保存。")
        await page.close()
        line.mend()

        back = await opened(device, url)

        await expect(tab(back, "我的报名 1")).to_be_visible()
        await tab(back, "我的报名 1").click()
        await expect(back.locator("[data-application]")).to_contain_text("13号")


async def test_viewer_who_lost_the_line_gets_every_missed_card_once_in_order(
    demo: Demo, console: Console, device: BrowserContext
) -> None:
    """A quiet bar, then how many were missed, also those that came a page later; 刚才讲过 holds each once."""
    await console.push("1号")
    async with a_line(demo) as (line, url):
        page = await opened(device, url)
        await on_stage(page, "1号岗位")
        await expect(page.get_by_text("人在看")).to_be_visible()
        line.cut()
        await expect(page.get_by_text("网络断了，正在重连。看过的岗位还能看。")).to_be_visible()
        await screenshot(page, "viewer_offline_390x844")
        for label in ("13号", "14号", "15号", "16号"):
            await console.push(label)
        seq, at = (await console.snapshot(demo.broadcast_id))["seq"], datetime.now(UTC)
        later, live = (
            StageEntry(seq + nth, CardPushed(card=CardBody.model_validate(console.cards[label])), when)
            for nth, (label, when) in enumerate((("17号", at), ("18号", at + timedelta(minutes=1))), start=1)
        )
        line.mend()

        await expect(page.get_by_text("已连上，补上 4 个岗位。")).to_be_visible(timeout=45_000)
        line.say(frame(p.encode_push(f"broadcast:{demo.broadcast_id}", p.stage_publication(later))))
        await expect(page.get_by_text("已连上，补上 5 个岗位。")).to_be_visible()
        line.say(frame(p.encode_push(f"broadcast:{demo.broadcast_id}", p.stage_publication(live))))
        await on_stage(page, "18号岗位")

        assert await page.get_by_text("已连上，补上 6 个岗位。").count() == 0
        shown = page.locator("#viewer-panel-live .viewer-rows").last.get_by_role("button")
        labels = [(await row.inner_text()).split(" ")[0] for row in await shown.all()]
        assert labels[:6] == ["17号", "16号", "15号", "14号", "13号", "1号"]
        assert len(set(labels)) == len(labels)


async def test_a_line_that_the_server_says_it_will_close_is_not_called_lost_at_once(
    demo: Demo, device: BrowserContext
) -> None:
    """At a deploy another worker is there in a moment; the bar comes after ten seconds instead of three."""
    body = p.plain_publication(p.Shutdown().model_dump_json().encode())
    goodbye = frame(p.encode_push(f"broadcast:{demo.broadcast_id}", body))
    page = await device.new_page()
    await page.clock.install()
    async with a_line(demo) as (line, url):
        async with page.expect_websocket() as opening:
            await page.goto(url)
        await expect(page.get_by_text("人在看")).to_be_visible()
        socket = await opening.value
        async with socket.expect_event("framereceived", lambda told: "shutdown" in told):
            line.say(goodbye)
        line.cut()

        lost = page.get_by_text("网络断了，正在重连。看过的岗位还能看。")
        await page.clock.fast_forward(5_000)
        await expect(lost).to_be_hidden()
        await page.clock.fast_forward(6_000)
        await expect(lost).to_be_visible()


# ── looking around ────────────────────────────────────────────────────────────────────────────────────────────


async def test_page_is_readable_before_any_script(demo: Demo, console: Console, browser: Browser) -> None:
    """Show, card on stage and every job stand in the page as the server sends it."""
    await console.push("3号")
    async with a_device(browser, java_script_enabled=False) as device:
        page = await device.new_page()

        async def is_on_stage() -> bool:
            await page.goto(demo.viewer_url)
            return await page.get_by_role("heading", name="3号岗位").is_visible()

        # The server may keep what it sent to somebody else for a second.
        await eventually(is_on_stage)
        assert await page.locator("li.row").count() == len(console.cards)


async def test_number_jumps_to_its_job_and_filters_narrow_the_list(demo: Demo, device: BrowserContext) -> None:
    """３ and 3号 are that job alone; 夫妻房 leaves those that have one."""
    page = await opened(device, demo.viewer_url)
    await tab(page, "全部岗位 24").click()
    rows = page.locator("#viewer-panel-jobs .viewer-rows button")

    for typed in ("3", "３", "3号"):
        await page.get_by_role("searchbox").fill(typed)
        await expect(rows).to_have_count(1)
        await expect(rows).to_contain_text("3号 注塑操作工")
    await button(page, "清除筛选").click()
    await button(page, "夫妻房").click()

    await expect(page.get_by_text("找到 3 个岗位")).to_be_visible()
    await page.get_by_label("排序").select_option("pay")
    await expect(rows.first).to_contain_text("20号")


async def test_question_is_passed_on_once_and_answered_in_place(
    demo: Demo, console: Console, device: BrowserContext
) -> None:
    """The chip says it was passed on; the host's answer takes its place and stays on the card."""
    await console.push("6号")
    page = await opened(device, demo.viewer_url)
    await on_stage(page, "6号岗位")
    chips = page.get_by_role("list", name="大家在问")

    await chips.get_by_role("button", name=re.compile("路费报吗")).click()
    await expect(chips).to_contain_text("✓ 已转告主播")
    await page.reload()
    await expect(chips).to_contain_text("✓ 已转告主播")
    await console.answer("6号", "travel", "满一个月报路费")

    await expect(chips).to_contain_text("满一个月报路费")
    await expect(page.locator("article")).to_contain_text("满一个月报路费")


async def test_what_a_viewer_did_without_a_line_is_reported_after_a_reload_and_then_forgotten(
    demo: Demo, console: Console, device: BrowserContext
) -> None:
    """Signals stay on the phone until they are counted, as what the page did that they happened in."""
    await console.push("17号")
    id_ = console.cards["17号"]["id"]
    before = await figures(console, id_)
    async with a_line(demo) as (line, url):
        page = await opened(device, url)
        await on_stage(page, "17号岗位")
        await expect(page.get_by_text("人在看")).to_be_visible()
        line.cut()
        # Further back than the next page load may tell of itself.
        await page.clock.set_system_time(time.time() - 119.5)
        await button(page, "看详情").click()
        await expect(sheet(page)).to_contain_text("求职不收任何费用，要钱的都是骗子。")
        await page.clock.set_system_time(time.time())
        line.mend()
        await page.reload()

        unsent = "Object.keys(localStorage).filter((name) => name.includes('signals') && localStorage[name] !== '[]')"
        await until(lambda: page.evaluate(f"{unsent}.length === 0"))

    seen, opened_now = (now - then for now, then in zip(await figures(console, id_), before, strict=True))
    assert (seen, opened_now) == (1, 1)
    assert await page_loads_of_the_newest_click(demo, id_) == [True, False]


async def page_loads_of_the_newest_click(demo: Demo, card: str) -> list[bool]:
    """All of its device, the first one first: whether it happened in it."""
    async with open_database(demo.database_url, size=1) as database, database.maintenance() as tx:
        rows = await tx.fetch(
            """
            SELECT v.id = e.visit_id AS told FROM (
                SELECT * FROM audience_event WHERE card_id = $1 AND step = 'click' ORDER BY received_at DESC LIMIT 1
            ) AS e JOIN visit v ON v.broadcast_id = e.broadcast_id AND v.viewer_id = e.viewer_id ORDER BY v.at
            """,
            UUID(card),
        )
    return [row["told"] for row in rows]


async def figures(console: Console, card: str) -> tuple[int, int]:
    """How many saw it, and opened it, as the desk knows."""
    shown = next(one for one in (await console.desk())["cards"] if one["card_id"] == card)
    return shown["impressions"], shown["clicks"]


async def test_large_print_is_remembered_and_changes_no_content(demo: Demo, device: BrowserContext) -> None:
    """大字 changes sizes; a reload keeps them."""
    page = await opened(device, demo.viewer_url)
    words = await page.locator("article").inner_text()
    size = "getComputedStyle(document.querySelector('.type-title')).fontSize"
    before = await page.evaluate(size)

    await button(page, "大字").click()
    await page.reload()
    await expect(page.get_by_role("tablist")).to_be_visible()

    assert await page.evaluate(size) != before
    assert await page.locator("article").inner_text() == words
    await expect(button(page, "大字")).to_have_attribute("aria-pressed", "true")


async def test_reminder_of_a_coming_show_is_a_calendar_file(
    demo: Demo, console: Console, device: BrowserContext
) -> None:
    """Made in the page; it names the show and rings ten minutes before."""
    page = await opened(device, await show_that_is(console, demo, "scheduled"))

    async with page.expect_download() as download:
        await button(page, "提醒我").click()

    text = (await (await download.value).path()).read_bytes().decode()
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert "TRIGGER:-PT10M" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


async def test_wrong_link_says_what_to_do(demo: Demo, device: BrowserContext) -> None:
    """No stack trace, no empty page."""
    page = await device.new_page()

    answer = await page.goto(demo.page("00000000-0000-7000-8000-000000000000"))

    assert answer and answer.status == 404
    await expect(page.get_by_text("没有找到这场直播。请核对链接")).to_be_visible()
    assert await axe_finds(page) == []
