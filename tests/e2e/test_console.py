"""The host's side in a real browser: console, remote, prompter and overlay, each test with a show of its own."""

import asyncio
import re
import zlib

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, WebSocketRoute, expect

from stream_jobs.domain.metrics import METRICS
from tests.e2e.host_side import (
    BLOCKED,
    DESKTOP,
    LANDSCAPE,
    LOW,
    PHONE,
    PORTRAIT,
    TABLET,
    Show,
    Viewport,
    a_desk,
    a_screen,
    asks,
    bar,
    button,
    next_button,
    on_stage,
    opened,
    rested,
    row,
    type_number,
    visited,
)
from tests.e2e.phone import a_device
from tests.e2e.phone import opened as visiting
from tests.e2e.support import ARTEFACTS, Demo, a_line, axe_finds, screenshot
from tests.e2e.test_viewer_page import apply_for

BAR_IS_BELOW_THE_STAGE = """document.querySelector(".bars .toast").getBoundingClientRect().top
    >= document.querySelector(".console-columns .console-box").getBoundingClientRect().bottom"""
# What a browser sends for a key while a Chinese input method is composing.
COMPOSING = """([type, code, repeat]) => document.body.dispatchEvent(new KeyboardEvent(type, {
    code, repeat, key: "Process", keyCode: 229, isComposing: true, bubbles: true, cancelable: true }))"""


async def press_composing(page: Page, code: str, *, repeat: bool = False) -> None:
    for kind in ("keydown", "keyup"):
        await page.evaluate(COMPOSING, [kind, code, repeat])


# ── pushing ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_two_consoles_pressing_next_push_once(browser: Browser, demo: Demo, show: Show) -> None:
    """The button names its card, so that the second press asks for what is done already."""
    async with a_desk(browser, demo) as one, a_desk(browser, demo, role="host") as other:
        pages = [await opened(one, show), await opened(other, show)]
        for page in pages:
            await expect(next_button(page)).to_contain_text("推送下一个：1号")

        await asyncio.gather(*(next_button(page).click() for page in pages))

        for page in pages:
            await expect(on_stage(page)).to_have_text("1号")
            await expect(next_button(page)).to_contain_text("推送下一个：2号")
        assert await show.pushed() == ["1号"]


async def test_a_double_click_on_next_pushes_once(desk: BrowserContext, show: Show) -> None:
    """The card after it is not pushed by the same hand's second click."""
    page = await opened(desk, show)

    await next_button(page).dblclick()

    await expect(on_stage(page)).to_have_text("1号")
    await rested(page)
    assert await show.pushed() == ["1号"]


async def test_clicker_works_with_a_chinese_input_method_on(desk: BrowserContext, show: Show) -> None:
    """Keys are read by their place; what the input method makes of them does not matter."""
    page = await opened(desk, show)

    await press_composing(page, "PageDown")
    await expect(on_stage(page)).to_have_text("1号")
    await rested(page)
    await press_composing(page, "PageDown")
    await expect(on_stage(page)).to_have_text("2号")
    await rested(page)
    await press_composing(page, "PageUp")
    await expect(on_stage(page)).to_have_text("1号")
    await rested(page)
    for code in ("Digit1", "Numpad2"):
        await press_composing(page, code)
    await expect(page.locator(".tray-asked")).to_contain_text("推送 12号？")
    await press_composing(page, "NumpadEnter")

    await expect(on_stage(page)).to_have_text("12号")
    assert await show.pushed() == ["1号", "2号", "1号", "12号"]


async def test_a_key_held_down_pushes_once(desk: BrowserContext, show: Show) -> None:
    """Auto-repeat is not pressing again, on the button as on the key."""
    page = await opened(desk, show)

    await page.keyboard.down("PageDown")
    await expect(on_stage(page)).to_have_text("1号")
    await rested(page)
    await page.keyboard.down("PageDown")
    await next_button(page).focus()
    await page.keyboard.down("Enter")
    await expect(on_stage(page)).to_have_text("2号")
    await rested(page)
    await page.keyboard.down("Enter")
    await page.keyboard.press("F8")

    await expect(on_stage(page)).to_have_count(0)
    assert await show.pushed() == ["1号", "2号"]


async def test_letters_and_the_space_bar_never_push(desk: BrowserContext, show: Show) -> None:
    """Also when the button that pushes has the focus; a number typed there is still the one that Enter pushes."""
    page = await opened(desk, show)
    await next_button(page).focus()

    await page.keyboard.type("n p b")
    await page.keyboard.press("Space")
    await type_number(page, "4")

    await expect(on_stage(page)).to_have_text("4号")
    assert await show.pushed() == ["4号"]


async def test_keys_are_off_in_a_text_field(desk: BrowserContext, show: Show) -> None:
    """Whoever writes a note does not run the show."""
    page = await opened(desk, show)
    await button(page, "给主播留言").click()
    await page.get_by_label("场控留言").focus()

    await page.keyboard.type("12 周一有专车")
    await page.keyboard.press("PageDown")
    await page.keyboard.press("F2")

    await expect(page.get_by_label("场控留言")).to_have_value("12 周一有专车")
    await button(page, "发到提词屏").click()
    await expect(bar(page)).to_contain_text("提词屏已更新")
    assert await show.pushed() == []


async def test_number_is_asked_about_before_it_is_pushed(desk: BrowserContext, show: Show) -> None:
    """推送 4号？ stands there until Enter or Esc; *1 is the first policy."""
    page = await opened(desk, show)
    asked = page.locator(".tray-asked")

    await page.keyboard.type("4")
    await expect(asked).to_contain_text("推送 4号？")
    await page.keyboard.press("Escape")
    await expect(asked).to_be_empty()
    await page.keyboard.type("*1")
    await expect(asked).to_contain_text("推送 政1？")
    await page.keyboard.press("Enter")

    await expect(on_stage(page)).to_have_text("政1")
    await expect(next_button(page)).to_contain_text("1号")
    await type_number(page, "99")
    await expect(bar(page)).to_contain_text("没有 99号。")
    await type_number(page, "*1")
    await expect(bar(page)).to_contain_text("政1 已经在台上")
    assert await show.pushed() == ["政1"]


async def test_box_pushes_a_number_and_finds_a_name(desk: BrowserContext, show: Show) -> None:
    """The same box searches; after a push it lets go of the keyboard, so that the clicker works again."""
    page = await opened(desk, show)

    await page.keyboard.press("/")
    await page.keyboard.type("缝纫")
    await expect(page.locator(".tray-row")).to_have_count(1)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("11")
    await page.keyboard.press("Enter")
    await expect(on_stage(page)).to_have_text("11号")
    await rested(page)
    await page.keyboard.press("PageDown")

    await expect(on_stage(page)).to_have_text("12号")


async def test_blocked_card_says_why_and_is_not_pushed(browser: Browser, demo: Demo, show: Show) -> None:
    """The tray names the words; an organiser finds the rule and the way to correct them."""
    label = next(label for label, card in show.cards.items() if card["job"] and BLOCKED in card["job"]["title"])
    async with a_desk(browser, demo, role="organiser") as desk:
        page = await opened(desk, show)

        await type_number(page, label.removesuffix("号"))

        await expect(bar(page)).to_contain_text("不能推送：写了“限女")
        blocked = row(page, BLOCKED)
        await expect(blocked).to_contain_text("! 不能推送：写了“限女")
        await expect(blocked.get_by_role("link", name="改岗位")).to_have_attribute(
            "href", re.compile("^/organiser/jobs/")
        )
        await button(blocked, "看规则").click()
        await expect(page.get_by_role("dialog")).to_contain_text("依据：")
        assert await axe_finds(page) == []
        assert await show.pushed() == []


async def test_push_that_came_too_late_says_who_was_first(desk: BrowserContext, show: Show) -> None:
    """A card chosen while another console acted is not pushed over it."""
    page = await opened(desk, show)

    async def overtaken(route: Route) -> None:
        await show.act("push", "7号")
        await route.continue_()

    await page.route("**/push", overtaken, times=1)
    await type_number(page, "4")

    await expect(bar(page)).to_contain_text(re.compile("刚刚推送7号，您的操作没有执行"))
    await expect(on_stage(page)).to_have_text("7号")
    assert await show.pushed() == ["7号"]


# ── taking back ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_each_action_can_be_taken_back_for_ten_seconds(desk: BrowserContext, show: Show) -> None:
    """By the bar or by Ctrl+Z; a card whose push was taken back is still to come, also after a reload."""
    page = await opened(desk, show)
    await page.keyboard.press("PageDown")
    await expect(on_stage(page)).to_have_text("1号")
    await rested(page)
    await page.keyboard.press("PageDown")
    await expect(bar(page)).to_contain_text("已推送 2号")
    assert await page.evaluate(BAR_IS_BELOW_THE_STAGE)

    await button(bar(page), "撤销").click()

    await expect(on_stage(page)).to_have_text("1号")
    await expect(next_button(page)).to_contain_text("2号")
    await page.keyboard.press("F2")
    await expect(bar(page)).to_contain_text("已置顶 1号")
    await page.keyboard.press("Control+z")
    await expect(button(page, "置顶 F2")).to_be_visible()
    await page.keyboard.press("F8")
    await expect(bar(page)).to_contain_text("已撤下 1号")
    await page.keyboard.press("Control+z")
    await expect(on_stage(page)).to_have_text("1号")
    await page.route_web_socket("**/connection/websocket", _short_history)
    await page.reload()
    await expect(next_button(page)).to_contain_text("2号")


def _short_history(page_side: WebSocketRoute) -> None:
    """Every page of it holds one entry, as of a log whose entries are long."""
    server = page_side.connect_to_server()
    page_side.on_message(lambda said: server.send(str(said).replace('"limit":300', '"limit":1')))


async def test_ending_asks_first_and_can_be_taken_back(desk: BrowserContext, show: Show) -> None:
    """What was on stage is there again."""
    page = await opened(desk, show)
    await type_number(page, "3")
    await expect(on_stage(page)).to_have_text("3号")
    await expect(bar(page)).to_contain_text("已推送 3号")

    await button(page, "结束直播").click()
    await expect(bar(page)).to_be_empty(timeout=2000)  # of itself it would go after ten seconds
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text(re.compile(r"结束后观众还能报名到.*日。结束这场直播？"))
    assert await axe_finds(page) == []
    await button(dialog, "继续直播").click()
    assert await show.status() == "live"
    await button(page, "结束直播").click()
    await button(dialog, "结束直播").click()
    await expect(page.locator(".console-top")).to_contain_text("已结束")
    assert await show.status() == "ended"
    await screenshot(page, "console-ended")
    assert await axe_finds(page) == []
    await button(bar(page), "撤销").click()

    await expect(page.locator(".console-top")).to_contain_text("直播中")
    await expect(on_stage(page)).to_have_text("3号")
    assert await show.status() == "live"


# ── a line that breaks ────────────────────────────────────────────────────────────────────────────────────────


async def test_only_the_newest_push_of_a_broken_line_is_performed(browser: Browser, demo: Demo, show: Show) -> None:
    """Older pushes are listed as not done; a withdrawal is done all the same, and nothing twice."""
    async with a_desk(browser, demo) as desk, a_line(demo) as (line, near):
        page = await opened(desk, show, base=near.partition("/b/")[0])
        await type_number(page, "3")
        await expect(on_stage(page)).to_have_text("3号")

        line.cut()
        await expect(page.locator(".foot-line")).to_contain_text("正在重连")
        await type_number(page, "4")
        await expect(page.locator("[data-waiting]")).to_have_text("排队：推送4号")
        await page.keyboard.press("F8")
        await type_number(page, "5")
        await type_number(page, "6")
        await expect(page.locator("[data-waiting]")).to_have_text("排队：推送4号、撤下3号、推送5号、推送6号")
        await expect(page.locator(".quiet-bar")).to_contain_text("连接断了。您的操作会排队，连上后执行最后一个推送。")
        await screenshot(page, "console-offline")
        assert await axe_finds(page) == []
        line.mend()

        await expect(on_stage(page)).to_have_text("6号", timeout=30_000)
        await expect(page.locator(".not-done")).to_contain_text("未执行：推送4号、推送5号")
        await screenshot(page, "console-not-done")
        assert await show.pushed() == ["3号", "6号"]


async def test_an_end_pressed_on_a_broken_line_is_done(browser: Browser, demo: Demo, show: Show) -> None:
    """It is not outlived by the pushes before it."""
    async with a_desk(browser, demo) as desk, a_line(demo) as (line, near):
        page = await opened(desk, show, base=near.partition("/b/")[0])

        line.cut()
        await expect(page.locator(".foot-line")).to_contain_text("正在重连")
        await button(page, "结束直播").click()
        await button(page.get_by_role("dialog"), "结束直播").click()
        line.mend()

        await expect(page.locator(".console-top")).to_contain_text("已结束", timeout=30_000)
        assert await show.status() == "ended"


async def test_an_end_that_the_database_could_not_take_is_done_later(desk: BrowserContext, show: Show) -> None:
    """Whoever pressed it has gone to greet the guests; a push they would press again, an end they would not."""
    page = await opened(desk, show)

    async def away(route: Route) -> None:
        problem = {"code": "storage_unavailable", "status": 503, "retry_after_seconds": 1}
        await route.fulfill(status=503, json=problem, headers={"Retry-After": "1"})

    await page.route("**/end", away, times=1)
    await button(page, "结束直播").click()
    await button(page.get_by_role("dialog"), "结束直播").click()

    await expect(page.locator(".console-top")).to_contain_text("已结束")
    assert await show.status() == "ended"


async def test_push_that_never_arrived_is_not_performed_over_a_newer_one(desk: BrowserContext, show: Show) -> None:
    """Asked again it still follows the stage it was pressed on; another's push meanwhile wins, and that is said."""
    page = await opened(desk, show)

    async def lost(route: Route) -> None:
        await show.act("push", "9号")
        await expect(on_stage(page)).to_have_text("9号")
        await route.abort()

    await page.route("**/push", lost, times=1)
    await type_number(page, "4")

    await expect(bar(page)).to_contain_text(re.compile("刚刚推送9号，您的操作没有执行"))
    assert await show.pushed() == ["9号"]


async def test_push_whose_answer_was_lost_is_not_doubled(desk: BrowserContext, show: Show) -> None:
    """It is asked for again under its own key, also when the show went on meanwhile."""
    page = await opened(desk, show)

    async def lost(route: Route) -> None:
        await route.fetch()
        await show.act("push", "9号")
        await route.abort()

    await page.route("**/push", lost, times=1)
    async with page.expect_response(lambda answer: answer.url.endswith("/push")) as again:
        await type_number(page, "4")

    assert (await again.value).status == 200
    await expect(on_stage(page)).to_have_text("9号")
    assert await show.pushed() == ["4号", "9号"]


# ── beside the stage ──────────────────────────────────────────────────────────────────────────────────────────


async def test_half_written_points_outlive_the_next_push(desk: BrowserContext, show: Show) -> None:
    """They stay with the card they are about, whoever pushes what meanwhile."""
    page = await opened(desk, show)
    await type_number(page, "3")
    await button(page, "修改讲解要点").click()
    points = page.get_by_label("讲解要点 3号")
    await points.fill("专车周一发车")

    await show.act("push", "4号")
    await expect(on_stage(page)).to_have_text("4号")

    await expect(points).to_have_value("专车周一发车")
    await button(page, "保存").click()
    await expect(points).to_have_count(0)
    tray = await show.organiser.ask("GET", f"{show.path}/tray-cards")
    assert {one["card"]["label"]: one["points"] for one in tray["cards"]}["3号"] == "专车周一发车"


async def test_order_changes_and_numbers_stay(desk: BrowserContext, show: Show) -> None:
    """After the start viewers know jobs by their numbers; what comes next follows the order."""
    page = await opened(desk, show)
    await type_number(page, "1")

    await row(page, "注塑操作工").get_by_role("button").first.click()
    await button(page, "上移").click()

    titles = page.locator(".tray-number")
    await expect(titles.nth(1)).to_have_text("3")
    await expect(titles.nth(2)).to_have_text("2")
    await expect(next_button(page)).to_contain_text("3号 注塑操作工")


async def test_full_job_is_passed_over(desk: BrowserContext, show: Show) -> None:
    """名额已满 on a row reaches the tray; 恢复报名 takes it back."""
    page = await opened(desk, show)
    first = page.locator(".tray-row").first

    await first.get_by_role("button").first.click()
    await button(first, "名额已满").click()
    await expect(first.locator(".tray-state")).to_have_text("名额已满")
    await expect(next_button(page)).to_contain_text("2号")
    await button(first, "恢复报名").click()

    await expect(next_button(page)).to_contain_text("1号")


async def test_question_is_answered_in_place(desk: BrowserContext, show: Show, browser: Browser, demo: Demo) -> None:
    """讲了 keeps the answer on the card, where viewers find it; what is being written for another question stays."""
    page = await opened(desk, show)
    await type_number(page, "3")
    await asks(demo, show, "3号", "couple_room")
    await asks(demo, show, "3号", "dorm")

    first = page.get_by_label("回答“有夫妻房吗”，留在岗位卡上")
    next_one = page.get_by_label("回答“住几人间”，留在岗位卡上")
    await button(page, "讲了 有夫妻房吗").click()
    await first.fill("有，要提前说")
    await button(page, "讲了 住几人间").click()
    await next_one.fill("四人间，有")
    await first.press("Enter")

    await expect(first).to_have_count(0)
    await expect(next_one).to_have_value("四人间，有")
    await next_one.press("Escape")
    await button(page, "已讲1个").click()
    await expect(page.locator(".live-body")).to_contain_text("✓ 有，要提前说")
    tray = await show.organiser.ask("GET", f"{show.path}/tray")
    answers = next(card["answers"] for card in tray["cards"] if card["label"] == "3号")
    assert answers == [{"kind": "couple_room", "answer": "有，要提前说"}]


async def test_application_recorded_for_someone_is_shown_masked(desk: BrowserContext, show: Show) -> None:
    """It needs the person's consent and how it was given; phone and name do not stay on the page."""
    page = await opened(desk, show)
    await button(page, "＋ 代录报名").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("手机号").fill("139 0000 4321")
    await dialog.get_by_label("称呼").fill("赵大山")
    await dialog.get_by_label("岗位号").fill("5")

    await button(dialog, "保存并录下一个").click()
    await expect(dialog).to_contain_text("请先征得本人同意，再勾选。")
    assert await axe_finds(page) == []
    await screenshot(page, "console-staff-application")
    await dialog.get_by_role("radio", name="电话").check()
    await dialog.get_by_role("checkbox").check()
    await button(dialog, "保存并录下一个").click()

    await expect(dialog).to_contain_text(re.compile(r"已录 5号，编号 \d{4}。"))
    await expect(dialog.get_by_label("手机号")).to_have_value("")
    await page.keyboard.press("Escape")
    await expect(page.locator(".live-body")).to_contain_text("代录 → 5号")
    source = await page.content()
    assert "4321" not in source
    assert "赵大山" not in source


async def test_a_device_is_kept_out_and_let_back_in(
    browser: Browser, desk: BrowserContext, demo: Demo, show: Show
) -> None:
    """By its application, with a reason, by keyboard; what staff recorded offers nothing to keep out."""
    await show.record("3号", "13900005431", "李师傅")
    page = await opened(desk, show)
    async with a_device(browser) as device:
        viewer = await visiting(device, demo.page(show.id))
        number = await apply_for(viewer, 5, "138 0000 0678", "苗师傅")
        out = page.get_by_role("button", name=re.compile("^请出 "))
        await expect(out).to_have_count(1)
        await expect(out).to_have_accessible_name(re.compile(r"苗\*\* 138\*\*\*\*0678"))

        await out.press("Enter")
        await expect(page.get_by_label("原因（会留下记录）")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text("请写原因。")
        await page.keyboard.type("刷屏")
        assert await axe_finds(page) == []
        await screenshot(page, "console-ban")
        await page.keyboard.press("Enter")
        await expect(bar(page)).to_contain_text("已请出直播间")
        await reads_why(viewer)

        await button(page, "请出名单").press("Enter")
        kept = page.get_by_role("dialog")
        await expect(kept).to_contain_text(f"编号 {number} · 刷屏")
        assert await axe_finds(page) == []
        await screenshot(page, "console-bans")
        await button(kept, f"解除 编号 {number}").press("Enter")
        await expect(kept).to_contain_text("已解除（")
        await viewer.goto(demo.page(show.id))
        await expect(viewer.get_by_role("tablist")).to_be_visible()
        await expect(viewer.locator("#content")).not_to_contain_text("请出")


async def reads_why(viewer: Page) -> None:
    """Who was kept out reads it at once and after a reload, is asked for no second try, and can still withdraw."""
    told = viewer.locator("#content")
    await expect(told).to_contain_text("主播已把这台手机请出这场直播")
    await expect(viewer.get_by_role("link", name="打电话")).to_have_attribute("href", "tel:0000-1200000")
    await expect(viewer.get_by_role("button")).to_have_count(0)
    assert await axe_finds(viewer) == []
    await screenshot(viewer, "viewer-kept-out")

    # A page that was on its way when it happened learns it with its token, asks once, and leaves it at that.
    asked: list[str] = []
    viewer.on("request", lambda request: asked.append(request.url) if "connection-token" in request.url else None)
    viewer.on("websocket", lambda socket: asked.append(socket.url))
    await viewer.route(re.compile("/b/"), drawn_before)
    await viewer.clock.install()
    await viewer.reload()
    await expect(told).to_contain_text("主播已把这台手机请出这场直播")
    first = list(asked)
    await viewer.clock.run_for(60_000)
    await viewer.evaluate("window.dispatchEvent(new Event('online'))")
    await viewer.clock.run_for(60_000)
    assert asked == first and {re.sub(".*/", "", url) for url in first} == {"connection-token"}
    await viewer.unroute(re.compile("/b/"))
    await viewer.clock.resume()

    await viewer.reload()
    await viewer.get_by_role("link", name="看我的报名").click()
    await button(viewer, "撤回").click()
    await button(viewer, "撤回报名").click()
    await expect(viewer.locator("[data-application]")).to_contain_text("已撤回")


async def drawn_before(route: Route) -> None:
    answer = await route.fetch()
    await route.fulfill(response=answer, body=(await answer.text()).replace('"kept_out":true', '"kept_out":false'))


# ── the other pages ───────────────────────────────────────────────────────────────────────────────────────────


async def test_no_host_side_page_ever_holds_a_phone_number(browser: Browser, demo: Demo, show: Show) -> None:
    """Studio screens are on camera: name and number of applicants are not even in the source."""
    await show.act("push", "3号")
    links = await show.links()
    async with a_desk(browser, demo) as desk, a_screen(browser, TABLET) as screen:
        pages = [
            await opened(desk, show),
            await visited(screen, links["remote"], ".tile >> nth=0"),
            await visited(screen, links["prompter"], ".prompter-number"),
            await visited(screen, links["overlay"], ".overlay-panel"),
        ]

        for number in range(3):
            await show.record("3号", f"1390000543{number}", "欧阳示例")

        await expect(pages[0].locator('[data-figure="applications"]')).to_have_text("3")
        await expect(pages[1].locator(".remote-top")).to_contain_text(re.compile(r"3\s*报名"))
        for page in pages:
            source = await page.content()
            assert "1390000543" not in source
            assert "欧阳示例" not in source
            assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", source)
        assert "139****543" not in await pages[1].content()
        assert "139****543" not in await pages[2].content()


async def test_remote_pushes_with_one_tap(browser: Browser, show: Show) -> None:
    """A tile pushes, a long press shows the card instead, a blocked card says why."""
    links = await show.links()
    async with a_screen(browser, PHONE) as phone:
        page = await visited(phone, links["remote"], ".tile >> nth=0")
        await expect(page.locator(".tile")).to_have_count(len(show.cards))

        await button(page, "5号").click()
        await expect(page.locator(".remote-number")).to_have_text("5号")
        await expect(button(page, "5号，讲解中")).to_be_visible()
        await rested(page)
        await button(page, "6号，下一个").click(button="right")
        await expect(page.get_by_role("dialog")).to_contain_text("叉车司机")
        assert await axe_finds(page) == []
        await page.keyboard.press("Escape")
        await page.locator(".tile-blocked").click()
        await expect(bar(page)).to_contain_text("不能推送")
        await next_button(page).click()
        await expect(page.locator(".remote-number")).to_have_text("6号")
        await screenshot(page, "remote")
        assert await axe_finds(page) == []
        await button(page, "撤下").click()

        await expect(page.locator(".remote-stage")).to_contain_text("台上没有岗位。")
        assert await show.pushed() == ["5号", "6号"]


async def test_remote_buttons_are_in_reach_without_scrolling(browser: Browser, show: Show) -> None:
    """On the smallest usable phone the tiles scroll and say so; elsewhere all of them can be tapped at once."""
    links = await show.links()
    async with a_screen(browser, {"width": 360, "height": 560}) as phone:
        page = await visited(phone, links["remote"], ".tile >> nth=0")

        for name in ("撤下", "撤销"):
            box = await button(page, name).bounding_box()
            assert box and box["y"] + box["height"] <= 560
        box = await next_button(page).bounding_box()
        assert box and box["height"] >= 88
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        await expect(page.locator(".remote-more")).to_contain_text("下面还有")

        await page.set_viewport_size({"width": 390, "height": 844})
        await expect(page.locator(".remote-more")).to_have_count(0)
        last = await page.locator(".tile").last.bounding_box()
        foot = await page.locator(".remote-buttons").bounding_box()
        assert last and foot and foot["y"] - last["y"] >= 48


async def test_prompter_shows_what_the_host_should_say(browser: Browser, demo: Demo, show: Show) -> None:
    """Card, talking points, note and questions, all readable from two metres, and nothing to press."""
    links = await show.links()
    async with a_screen(browser, TABLET) as screen:
        page = await visited(screen, links["prompter"], ".prompter-waiting")
        assert await axe_finds(page) == []

        await show.act("push", "3号")
        await asks(demo, show, "3号", "pay_day")
        await show.organiser.ask("PUT", f"{show.path}/note", {"note": "说一下周一有专车"})
        card = show.cards["3号"]["id"]
        await show.organiser.ask("PUT", f"{show.path}/cards/{card}/points", {"points": "就业中心专车周一发车"})

        await expect(page.locator(".prompter-number")).to_have_text("3号")
        await expect(page.locator(".prompter-side")).to_contain_text("说一下周一有专车")
        await expect(page.locator(".prompter-side")).to_contain_text("接下来 4号 品检员")
        await expect(page.locator(".prompter-side")).to_contain_text("几号发工资")
        await expect(page.locator(".prompter-points")).to_have_text("就业中心专车周一发车")
        await screenshot(page, "prompter")
        assert await axe_finds(page) == []
        assert await page.get_by_role("button").count() == 0
        assert await page.evaluate(SMALLEST_TEXT) >= 32


SMALLEST_TEXT = """() => Math.min(...Array.from(document.querySelectorAll(".prompter *"))
    .filter((node) => node.offsetWidth > 1)
    .filter((node) => Array.from(node.childNodes).some((part) => part.nodeType === 3 && part.data.trim()))
    .map((node) => parseFloat(getComputedStyle(node).fontSize)))"""


@pytest.mark.parametrize("viewport", [PORTRAIT, LANDSCAPE], ids=["portrait", "landscape"])
async def test_overlay_is_transparent_but_for_its_panel(browser: Browser, show: Show, viewport: Viewport) -> None:
    """Nothing on stage: nothing to see. The panel stands where the address says."""
    links = await show.links()
    async with a_screen(browser, viewport) as screen:
        page = await screen.new_page()
        await page.goto(f"{links['overlay']}?top=320&side=60&line=搜公众号“示例就业” 回复 {{number}}")
        await expect(page.locator("h1")).to_have_text("画面贴片")
        assert await page.locator(".overlay-panel").count() == 0
        assert await opaque_pixels(page) == 0

        await show.act("push", "3号")

        panel = page.locator(".overlay-panel")
        await expect(panel).to_contain_text("24元/小时")
        await expect(panel).to_contain_text("搜公众号“示例就业” 回复 3")
        assert await axe_finds(page) == []
        box = await panel.bounding_box()
        assert box and (box["x"], box["y"]) == (60, 320)
        ARTEFACTS.mkdir(exist_ok=True)
        name = f"overlay-{viewport['width']}x{viewport['height']}.png"
        await page.screenshot(path=ARTEFACTS / name, omit_background=True)
        await show.act("withdraw", "3号")
        await expect(panel).to_have_count(0)
        assert await opaque_pixels(page) == 0


async def opaque_pixels(page: Page) -> int:
    """How many bytes of the picture are not those of an entirely transparent one (PNG, RFC 2083 §3 and §6)."""
    image = await page.screenshot(omit_background=True)
    width = int.from_bytes(image[16:20], "big")
    data, at = b"", 8
    while at < len(image):
        length = int.from_bytes(image[at : at + 4], "big")
        if image[at + 4 : at + 8] == b"IDAT":
            data += image[at + 8 : at + 8 + length]
        at += 12 + length
    lines = bytearray(zlib.decompress(data))
    # Each line begins with the number of its filter, and every filter of a transparent line is zeros.
    del lines[:: width * 4 + 1]
    return len(lines) - lines.count(0)


# ── looks ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_checks_before_the_show_and_its_start(desk: BrowserContext, waiting_show: Show) -> None:
    """What is not in order is said; a try is seen by this page alone."""
    page = await opened(desk, waiting_show)
    panel = page.locator(".check-panel")
    await expect(panel).to_contain_text("1条不能推送")
    await expect(panel).to_contain_text("服务电话、信息保护说明")
    assert await axe_finds(page) == []
    await screenshot(page, "console-before")

    await button(page, "试推一次（只有自己看到）").click()
    await expect(page.get_by_role("dialog")).to_contain_text(re.compile(r"试推成功，\d+毫秒送到。"))
    assert await axe_finds(page) == []
    await page.keyboard.press("Escape")
    assert await waiting_show.pushed() == []
    await button(page, "开始直播").click()

    await expect(page.locator(".console-top")).to_contain_text("直播中")
    await expect(page.locator(".console-stage")).to_contain_text("台上没有岗位。")
    await screenshot(page, "console-nothing-on-stage")
    assert await axe_finds(page) == []


@pytest.mark.parametrize(
    ("name", "viewport", "more", "query"),
    [
        ("1440x900", DESKTOP, {}, ""),
        ("1440x900-dark", DESKTOP, {"color_scheme": "dark"}, ""),
        ("1366x650", LOW, {}, ""),
        ("1440x900-en", DESKTOP, {}, "?lang=en"),
        ("720x450", {"width": 720, "height": 450}, {}, ""),
    ],
)
async def test_console_is_complete_at_every_size(
    browser: Browser, demo: Demo, name: str, viewport: Viewport, more: dict[str, str], query: str
) -> None:
    """Nothing is cut off sideways, the buttons are in view, each figure says what it counts, axe finds nothing."""
    async with a_desk(browser, demo, viewport, **more) as desk:
        page = await desk.new_page()
        await page.goto(f"{demo.base_url}/host/{demo.broadcast_id}{query}")
        await expect(page.locator(".foot-line")).to_contain_text(re.compile("连接正常|Connected"))
        await expect(page.locator(".tray-row").first).to_be_visible()

        await screenshot(page, f"console-{name}")
        assert await axe_finds(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        if viewport["width"] > 1100:
            for place in (next_button(page), page.locator(".console-foot"), page.locator(".stage-figures")):
                box = await place.bounding_box()
                assert box and box["y"] + box["height"] <= viewport["height"]
            box = await next_button(page).bounding_box()
            assert box and box["height"] >= 88
            told = page.locator(".stage-figures .info-text").nth(1)
            await page.locator(".stage-figures .info-button").nth(1).hover()
            await expect(told).to_contain_text(METRICS["push_impressions"].definition("en" if query else "zh-CN"))
            await expect(told).to_be_in_viewport(ratio=1)
            await page.locator(".live-newest").focus()
            await page.keyboard.press("End")
            await expect(page.locator(".live-newest > li").last).to_be_in_viewport(ratio=1)
            asked, channels, column = [
                await page.locator(place).bounding_box()
                for place in ("[aria-labelledby=asking]", ".live-from", ".live-body")
            ]
            assert asked and channels and column
            assert channels["y"] + channels["height"] - asked["y"] <= column["height"]


async def test_checks_name_cards_in_the_readers_language(browser: Browser, demo: Demo, waiting_show: Show) -> None:
    """The server calls a card 25号; an English page says No. 25."""
    label = next(label for label, card in waiting_show.cards.items() if card["job"] and BLOCKED in card["job"]["title"])
    async with a_desk(browser, demo, role="organiser") as desk:
        checks = ".check-list >> nth=0"
        page = await visited(desk, f"{demo.base_url}/organiser/broadcasts/{waiting_show.id}?lang=en", checks)

        await expect(page.locator(checks)).to_contain_text(f"No. {label.removesuffix('号')} {BLOCKED}")
        await expect(page.locator(checks)).not_to_contain_text(label)


async def test_dialogs_and_every_step_by_keyboard(desk: BrowserContext, show: Show) -> None:
    """Keys, links and a tray row are reached and left without a mouse, and axe finds nothing."""
    page = await opened(desk, show)

    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("推送下一个")
    assert await axe_finds(page) == []
    await page.keyboard.press("Escape")
    await button(page, "链接和二维码").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog").get_by_role("img")).to_have_count(2)
    await screenshot(page, "console-links")
    assert await axe_finds(page) == []
    await page.keyboard.press("Escape")
    await expect(button(page, "链接和二维码")).to_be_focused()
    await page.locator(".tray-row-button").nth(4).focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(button(page, "推送 5号")).to_be_focused()
    assert await axe_finds(page) == []
    await page.keyboard.press("Enter")

    await expect(on_stage(page)).to_have_text("5号")
