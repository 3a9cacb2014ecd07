"""A résumé file on its way from a phone: paused, through a lost line and a reload, to the recruiter's desk."""

from pathlib import Path

from playwright.async_api import Browser, CDPSession, Page, expect

from tests.drills.made_pdfs import a_large_pdf, a_pdf
from tests.e2e.phone import CHINESE, Words, a_device, button, fill, open_form, opened, send, sheet
from tests.e2e.support import Demo, axe_finds, screenshot
from tests.e2e.test_desk import DESKTOP, a_recruiter

SLOW_BYTES_PER_SECOND = 400_000
PHONE_NUMBER = "13800007788"


class Line:
    """The phone's, as slow as it takes for something to be seen, until it is let go."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session

    @classmethod
    async def of(cls, page: Page) -> "Line":
        session = await page.context.new_cdp_session(page)
        await session.send("Network.enable")
        return cls(session)

    async def be(self, *, up: bool, bytes_per_second: int = SLOW_BYTES_PER_SECOND) -> None:
        await self._session.send(
            "Network.emulateNetworkConditions",
            {"offline": not up, "latency": 20, "downloadThroughput": -1, "uploadThroughput": bytes_per_second},
        )

    async def let_go(self) -> None:
        await self.be(up=True, bytes_per_second=-1)


async def choose(page: Page, name: str, content: bytes, words: Words = CHINESE) -> None:
    async with page.expect_file_chooser() as choosing:
        await button(sheet(page), words("viewer.files.choose")).click()
    await (await choosing.value).set_files({"name": name, "mimeType": "application/pdf", "buffer": content})


async def test_file_survives_a_pause_a_lost_line_and_a_reload(browser: Browser, demo: Demo, tmp_path: Path) -> None:
    """It goes on by itself, is checked, and the recruiter takes the very bytes that were sent."""
    content = a_large_pdf(4 << 20, words="王师傅 数控机床 四级证书")
    async with a_device(browser) as context:
        page = await opened(context, demo.viewer_url)
        await open_form(page, 4)
        await fill(page, PHONE_NUMBER, "钱师傅")
        await send(page)
        await button(sheet(page), CHINESE("viewer.files.add")).click()
        await expect(sheet(page)).to_contain_text(CHINESE("viewer.files.note"))
        assert await axe_finds(page) == []
        await choose(page, "病毒.pdf", b"MZ" + bytes(3000))
        row = page.locator("[data-file]")
        await expect(row).to_have_attribute("data-phase", "refused", timeout=30_000)
        await expect(row).to_contain_text(CHINESE("common.error.file_not_supported"))
        await screenshot(page, "resume_file_refused_phone")
        await button(sheet(page), CHINESE("viewer.files.delete")).click()
        await expect(row).to_have_count(0)

        line = await Line.of(page)
        await line.be(up=True)
        await choose(page, "钱师傅 简历.pdf", content)
        await expect(row).to_contain_text("已传2", timeout=30_000)
        assert await axe_finds(page) == []
        await screenshot(page, "resume_file_sending_phone")
        await button(sheet(page), CHINESE("viewer.files.pause")).click()
        await expect(row).to_have_attribute("data-phase", "paused")
        await screenshot(page, "resume_file_paused_phone")
        await button(sheet(page), CHINESE("viewer.files.go_on")).click()
        await expect(row).to_have_attribute("data-phase", "sending")
        await line.be(up=False)
        await expect(row).to_have_attribute("data-phase", "waiting", timeout=20_000)
        await screenshot(page, "resume_file_line_lost_phone")
        await line.be(up=True)
        await expect(row).to_have_attribute("data-phase", "sending", timeout=40_000)
        await page.reload()
        await line.let_go()
        await page.locator("#viewer-tab-mine").click()
        await button(page, CHINESE("viewer.files.add")).click()
        await expect(row).to_have_attribute("data-phase", "ready", timeout=60_000)
        assert await axe_finds(page) == []
        await screenshot(page, "resume_file_ready_phone")

    async with a_recruiter(browser, demo, size=DESKTOP) as desk:
        await desk.get_by_label("搜称呼、手机尾号、编号、简历").fill("数控机床")
        await expect(desk.locator(".desk-row")).to_have_count(1)
        await desk.locator(".desk-row-open").press("Enter")
        link = desk.get_by_role("link", name="下载 钱师傅 简历.pdf")
        async with desk.expect_download() as downloading:
            await link.click()
        await (await downloading.value).save_as(tmp_path / "taken.pdf")
        assert (tmp_path / "taken.pdf").read_bytes() == content
        assert await axe_finds(desk) == []
        await screenshot(desk, "resume_file_desk")


async def test_files_are_spoken_of_in_english_too(browser: Browser, demo: Demo) -> None:
    """The sheet's own words, dark and on a small phone."""
    english = Words("en")
    async with a_device(browser, viewport={"width": 360, "height": 640}, color_scheme="dark") as context:
        page = await opened(context, demo.viewer_url + "?lang=en")
        await open_form(page, 1, english)
        await fill(page, "13800007789", "Mr Qian", english)
        await send(page, english)
        await button(sheet(page), english("viewer.files.add")).click()
        await choose(page, "resume.pdf", a_pdf(), english)
        await expect(page.locator("[data-file]")).to_have_attribute("data-phase", "ready", timeout=30_000)
        assert await axe_finds(page) == []
        await screenshot(page, "resume_file_ready_small_dark_en")
