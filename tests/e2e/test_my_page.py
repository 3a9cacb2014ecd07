"""An applicant on a phone: proves the number, sees everything under it, corrects, takes a copy, and is gone."""

import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.host_side import PHONE, Show, a_screen, a_show, button
from tests.e2e.phone import fill, open_job, opened, sheet, tab
from tests.e2e.support import Demo, Staff, axe_finds, screenshot, until

NUMBER, RELATIVES = "13912340001", "13912340002"


@pytest.fixture
async def show(demo: Demo) -> AsyncIterator[Show]:
    """Of its own, with one application recorded at a station."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        organiser = Staff(demo, client)
        await organiser.sign_in_as("organiser")
        show = await a_show(organiser)
        await show.record("4号", NUMBER, "王建国")
        await checked(show, "after")
        yield show


async def checked(show: Show, when: str) -> None:
    await show.organiser.ask("PATCH", f"{show.path}/show", {"phone_check": when})


async def looked_at(page: Page, name: str) -> None:
    """Nothing for axe to say, and a picture to look at."""
    assert await axe_finds(page) == [], name
    await screenshot(page, f"me_{name}")


def code_field(page: Page) -> Locator:
    return page.get_by_label("验证码", exact=True)


async def sent(page: Page, demo: Demo, before: str) -> str:
    """The code that went out since."""
    await expect(code_field(page)).to_be_focused()

    async def is_new() -> bool:
        return demo.newest_code != before

    await until(is_new)
    return demo.newest_code


async def apply(page: Page, number: int, phone: str, name: str) -> None:
    await open_job(page, number)
    await button(sheet(page), "我要报名").click()
    await fill(page, phone, name)
    await button(page, "确认报名").click()


async def test_an_applicant_proves_a_number_and_has_everything_under_it_in_hand(
    demo: Demo, show: Show, browser: Browser, tmp_path: Path
) -> None:
    """After applying, before applying, and on the page of their own, all by a code in place."""
    async with a_screen(browser, PHONE, accept_downloads=True) as phone:
        page = await opened(phone, demo.page(show.id))

        # After: offered on the sheet that says it worked.
        await apply(page, 5, NUMBER, "王师傅")
        await button(sheet(page), "验证手机号").click()
        code = await sent(page, demo, "")
        await looked_at(page, "offered")
        await code_field(page).fill(code)
        await page.keyboard.press("Enter")
        await expect(sheet(page)).to_contain_text("手机号已验证")
        await button(page, "再看看别的").click()

        # Before: what was typed waits in place, and a wrong code loses nothing.
        await checked(show, "before")
        await apply(page, 7, RELATIVES, "王大姐")
        right = await sent(page, demo, code)
        await looked_at(page, "before")
        await code_field(page).fill("000000" if right != "000000" else "000001")
        await button(sheet(page), "确认").click()
        await expect(sheet(page)).to_contain_text("验证码不对或已过期")
        await looked_at(page, "wrong_code")
        await code_field(page).fill(right)
        await page.keyboard.press("Enter")
        await expect(sheet(page).get_by_role("heading")).to_have_text("报名成功")
        await button(page, "再看看别的").click()

        # The page of their own: all shows, and what staff recorded.
        await tab(page, "我的报名").click()
        await page.get_by_role("link", name="看全部报名").click()
        await expect(page.locator("[data-application]")).to_have_count(3)
        await looked_at(page, "everything")
        recorded = page.locator("[data-application]", has_text="工作人员代录")
        await button(recorded, "撤回").click()
        await button(sheet(page), "撤回报名").click()
        await expect(recorded).to_contain_text("已撤回")

        # Which groups they belong to: their own choice, with a consent of its own.
        mine = page.locator("li", has=page.get_by_role("heading", name="王师傅"))
        await button(mine, "我属于的群体（可不填）").click()
        await page.get_by_label("农民工").check()
        await button(sheet(page), "保存").click()
        await expect(sheet(page)).to_contain_text("勾选同意后才能保存")
        await looked_at(page, "groups")
        await page.get_by_label("我自愿告诉").check()
        await button(sheet(page), "保存").click()
        await expect(page.locator("#app")).to_contain_text("已保存")

        # A copy, another name, and another number that makes two people one.
        async with page.expect_download() as download:
            await button(mine, "下载我的全部数据").click()
        await (await download.value).save_as(tmp_path / "data.zip")
        assert (await download.value).suggested_filename == "我的数据.zip"
        data = json.loads(zipfile.ZipFile(tmp_path / "data.zip").read("我的数据.json"))
        assert (data["phone"], len(data["applications"])) == (f"+86{NUMBER}", 2)
        assert data["priority_groups"] == ["农民工"]
        await button(mine, "更正称呼、手机号").click()
        await page.get_by_label("怎么称呼您").fill("王大力")
        await page.get_by_role("textbox", name="手机号").fill(RELATIVES)
        await looked_at(page, "correct")
        await button(sheet(page), "保存").click()
        await expect(page.locator("#me-people + ul > li")).to_have_count(1)
        await expect(page.locator("#me-people + ul > li")).to_contain_text("139 1234 0002")

        # Gone, after two questions; the keyboard reaches them.
        await button(page, "删除我的信息").focus()
        await page.keyboard.press("Enter")
        await looked_at(page, "what_happens")
        await button(sheet(page), "下一步").click()
        await looked_at(page, "sure")
        await button(sheet(page), "确定删除").click()
        await expect(page.locator("#app")).to_contain_text("这台手机上没有报名")
        await looked_at(page, "gone")
