"""What an organiser may find: before, during and after a show; empty, full, long, failed, stale, asked."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

import pytest
from playwright.async_api import APIRequestContext, Browser, BrowserContext, Page, Route, StorageState, expect
from playwright.async_api import Error as PlaywrightError

from stream_jobs.bench.server import environment_of
from tests.e2e.support import ARTEFACTS, AXE, Demo, axe_finds, demo_show, screenshot, until
from tests.job_workbooks import a_row, a_workbook
from tests.program import done

SIZES = ((390, 844), (768, 1024), (1366, 650), (1440, 900), (1920, 1080))
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# Narrow and wide: between them nothing changes but lengths.
EXAMINED = (390, 1440)
TABS_AT_ONCE = 2
PATIENCE_MS = 15_000
PASSWORD = "states-of-the-organiser"
LONG_TITLE = "高级多轴联动数控加工中心操作与编程工程师助理（夜班可轮换）岗"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TOO_WIDE = """() => {
  const page = document.documentElement;
  const out = (sheet) => {
    const { left, right } = sheet.getBoundingClientRect();
    return left < 0 || right > page.clientWidth;
  };
  return page.scrollWidth > page.clientWidth || Array.from(document.querySelectorAll("[role=dialog]")).some(out);
}"""
A4_POINTS = ((594, 596), (841, 843))
# These are opened by other tests too; here they are looked at only when pictures are taken.
ELSEWHERE = frozenset(
    {
        "report_before",
        "report_live",
        "report_ended",
        "report_200",
        "home",
        "shows",
        "show_new",
        "show_tray",
        "show_live",
        "show_about",
        "show_channels",
        "show_links",
        "poster",
        "jobs_24",
        "job_blocked",
        "employers",
        "employer",
        "imports",
        "import_done",
        "policies",
        "reports",
        "accounts",
        "series",
        "definitions",
    }
)
# What is still being read looks like what is empty.
EMPTY = ".empty:not([role=status])"

Who = Literal["demo", "busy", "blank"]
Step = Callable[[Page], Awaitable[None]]


async def nothing(_: Page) -> None:
    """The page as it opens."""


def pressing(*names: str) -> Step:
    """Presses one button or tab after the other."""

    async def press(page: Page) -> None:
        for name in names:
            await page.locator("button:visible, [role=tab]:visible", has_text=name).first.click()

    return press


@dataclass(frozen=True)
class State:
    """A page as somebody finds it: who looks, what is in the way before it opens, and what is done on it."""

    name: str
    path: str
    ready: str
    who: Who = "demo"
    before: Step = nothing
    then: Step = nothing


@dataclass(frozen=True)
class World:
    """The demo, and two organisations beside it: one with much in it, one with nothing."""

    demo: Demo
    sessions: Mapping[Who, StorageState]
    states: tuple[State, ...]


# ── what there is to see ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
async def world(demo: Demo, browser: Browser) -> World:
    for login, organisation in (("busy", "示例·忙碌县人社局"), ("blank", "示例·空白县人社局")):
        await an_account(demo, login, organisation)
    accounts: dict[Who, tuple[str, str]] = {
        "demo": demo.accounts["organiser"],
        "busy": ("busy", PASSWORD),
        "blank": ("blank", PASSWORD),
    }
    sessions: dict[Who, StorageState] = {}
    places: dict[str, str] = {}
    for who, (login, password) in accounts.items():
        context = await browser.new_context(base_url=demo.base_url)
        try:
            await ask(context.request, "POST", "/api/v1/sign-in", {"login": login, "password": password})
            sessions[who] = await context.storage_state()
            places |= await FILLED[who](context.request)
        finally:
            await context.close()
    return World(demo, sessions, every_state(places))


async def an_account(demo: Demo, login: str, organisation: str) -> None:
    """As whoever runs the server makes one."""
    places = {"database_url": demo.database_url, "valkey_url": demo.valkey_url}
    await done(
        *("create-account", "--login", login, "--name", "示例组织者", "--organisation", organisation),
        *("--password-stdin", "--data", str(demo.data)),
        environment=environment_of(places),
        typed=f"{PASSWORD}\n",
    )


async def ask(request: APIRequestContext, method: str, path: str, body: object = None) -> Any:
    headers = {"Idempotency-Key": str(uuid4())}
    answer = await request.fetch(path, method=method, data=body, headers=headers)
    assert answer.ok, f"{method} {path}: {answer.status} {await answer.text()}"
    return await answer.json() if "json" in answer.headers.get("content-type", "") else None


async def the_demo(request: APIRequestContext) -> dict[str, str]:
    home = await ask(request, "GET", "/api/v1/home")
    ids = {status: demo_show(home["shows"], status) for status in ("live", "scheduled", "ended")}
    blocked = (await ask(request, "GET", "/api/v1/jobs?state=blocked&limit=50"))["jobs"]
    ids["blocked"] = next(job["id"] for job in blocked if job["findings"])
    ids["employer"] = (await ask(request, "GET", "/api/v1/employers"))["employers"][0]["id"]
    ids["series"] = (await ask(request, "GET", "/api/v1/series"))["series"][0]["id"]
    return ids


async def much(request: APIRequestContext) -> dict[str, str]:
    """200 jobs, a title of 30 letters and 面议 among them; a show with all of them, one silent on air, one over."""
    imported = await upload(request, a_workbook(*two_hundred()), "两百个岗位.xlsx")
    await ask(request, "POST", f"/api/v1/imports/{imported}/confirm")
    mixed = await upload(request, a_workbook(*every_verdict()), "各种情况.xlsx")
    shows = {name: await a_show(request, title, imported) for name, title in SHOWS.items()}
    await ask(request, "POST", f"/api/v1/broadcasts/{shows['silent']}/start", {})
    await ask(request, "POST", f"/api/v1/broadcasts/{shows['over']}/start", {})
    await ask(request, "POST", f"/api/v1/broadcasts/{shows['over']}/end", {})
    return {**shows, "mixed": mixed, "imported": imported}


SHOWS = {"crowded": "两百个岗位的专场", "silent": "还没人报名的专场", "over": "没人报名的专场"}


def two_hundred() -> list[tuple[str, ...]]:
    rows = [a_row(employer=f"示例·第{n % 15}家公司", title=f"批量岗位{n:03}") for n in range(198)]
    return [a_row(title=LONG_TITLE), a_row(title="中餐厨师", pay="面议"), *rows]


def every_verdict() -> list[tuple[str, ...]]:
    return [
        a_row(title=LONG_TITLE + "一"),
        a_row(title="前台", requirements="限女性，18-35岁"),
        a_row(title="服务员", pay="面议"),
        a_row(title="测试员", headcount="很多人"),
        a_row(title="测试员二", pay=""),
        a_row(title="服务员", pay="面议"),
    ]


async def upload(request: APIRequestContext, content: bytes, name: str) -> str:
    form: Any = {"file": {"name": name, "mimeType": XLSX, "buffer": content}}
    answer = await request.post("/api/v1/imports", multipart=form)
    assert answer.ok, await answer.text()
    return str((await answer.json())["id"])


async def a_show(request: APIRequestContext, title: str, imported: str) -> str:
    starts = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    body = {"title": title, "starts_at": starts, "tray": {"import_id": imported}}
    return str((await ask(request, "POST", "/api/v1/broadcasts", body))["id"])


async def nothing_at_all(_: APIRequestContext) -> dict[str, str]:
    return {}


FILLED: dict[Who, Callable[[APIRequestContext], Awaitable[dict[str, str]]]] = {
    "demo": the_demo,
    "busy": much,
    "blank": nothing_at_all,
}


# ── what is in the way ────────────────────────────────────────────────────────────────────────────────────────

REPORT = re.compile(r"/report$")
FIGURES = re.compile(r"/api/v1/broadcasts/[^/]+/report$")


async def never_counted(page: Page) -> None:
    async def wait(route: Route) -> None:
        await asyncio.sleep(0)

    await page.route(FIGURES, wait)


async def not_counted(page: Page) -> None:
    await page.route(FIGURES, lambda route: route.abort())


async def line_lost(page: Page) -> None:
    """The figures stay, and their age is said."""
    await page.route(FIGURES, lambda route: route.abort())
    await page.wait_for_selector(".report-foot .tone-warn")


async def a_number_asked_for(page: Page) -> None:
    await the_list(page)
    await page.locator("td.phone button").first.click()
    await page.wait_for_selector("input[name=purpose]")


async def a_number_told(page: Page) -> None:
    await a_number_asked_for(page)
    await page.locator("input[name=purpose]").first.check()
    await page.locator("[role=dialog] button[type=submit]").last.click()
    await page.wait_for_selector("[role=dialog] .type-figure")


async def a_list_to_hand_over(page: Page) -> None:
    await page.locator(".report-todo .button").last.click()
    await page.locator(".hand-over-row .button").first.click()


async def nobody_named(page: Page) -> None:
    """The form says which field is missing."""
    await a_list_to_hand_over(page)
    await page.locator("[role=dialog] button[type=submit]").click()


def tab(nth: int) -> Step:
    async def choose(page: Page) -> None:
        await page.locator("[role=tab]").nth(nth).click()
        await page.wait_for_load_state("networkidle")

    return choose


async def the_list(page: Page) -> None:
    await page.locator(".report-todo .button").first.click()
    await page.wait_for_selector("td.phone")


async def a_new_account(page: Page) -> None:
    await page.locator(".organiser-buttons button").click()


async def blank_title(page: Page) -> None:
    await page.locator("button[type=submit]").click()


async def the_picker(page: Page) -> None:
    await page.locator(".tray-top button").click()
    await page.wait_for_selector("[role=dialog] input[type=checkbox]")


async def talking_points(page: Page) -> None:
    await page.locator(".tray-row .tray-buttons button:nth-child(3)").first.click()


# ── every state ───────────────────────────────────────────────────────────────────────────────────────────────


def every_state(ids: Mapping[str, str]) -> tuple[State, ...]:
    return (*report_states(ids), *show_states(ids), *library_states(ids))


def report_states(ids: Mapping[str, str]) -> Sequence[State]:
    def report(name: str) -> str:
        return f"/organiser/broadcasts/{ids[name]}/report"

    table = ".report-table >> nth=0"
    return (
        State("report_before", report("scheduled"), ".before-show .button-primary"),
        State("report_live_none", report("silent"), table, who="busy"),
        State("report_live", report("live"), table),
        State("report_ended", report("ended"), table),
        State("report_ended_none", report("over"), table, who="busy"),
        State("report_200", report("crowded"), table, who="busy"),
        State("report_loading", report("ended"), "main [role=status]", before=never_counted),
        State("report_failed", report("ended"), "main [role=alert]", before=not_counted),
        State("report_stale", report("live"), table, then=line_lost),
        *(
            State(f"report_{part}", report("ended"), table, then=tab(nth))
            for nth, part in enumerate(("cards", "employers", "channels", "times", "platform"))
            if nth
        ),
        State("report_list", report("ended"), table, then=the_list),
        State("report_reveal", report("ended"), table, then=a_number_asked_for),
        State("report_revealed", report("ended"), table, then=a_number_told),
        State("report_hand_over", report("ended"), table, then=a_list_to_hand_over),
        State("report_hand_over_blank", report("ended"), table, then=nobody_named),
    )


def show_states(ids: Mapping[str, str]) -> Sequence[State]:
    show = f"/organiser/broadcasts/{ids['scheduled']}"
    row = ".tray-row >> nth=0"
    return (
        State("home", "/organiser", ".show-row >> nth=0"),
        State("home_empty", "/organiser", EMPTY, who="blank"),
        State("shows", "/organiser/shows", ".show-row >> nth=0"),
        State("show_new", "/organiser/shows/new", "form"),
        State("show_new_blank", "/organiser/shows/new", "form", then=blank_title),
        State("show_tray", show, row),
        State("show_live", f"/organiser/broadcasts/{ids['live']}", row),
        State("show_200", f"/organiser/broadcasts/{ids['crowded']}", row, who="busy"),
        State("show_picker", show, row, then=the_picker),
        State("show_points", show, row, then=talking_points),
        State("show_channels", f"/organiser/broadcasts/{ids['live']}?tab=channels", ".channel-code >> nth=0"),
        State("show_channels_none", f"/organiser/broadcasts/{ids['crowded']}?tab=channels", EMPTY, who="busy"),
        State("show_about", f"{show}?tab=about", "#show-panel-about form"),
        State("show_links", f"{show}?tab=links", ".channel-link >> nth=0"),
        State("poster", f"{show}/poster", ".poster img"),
    )


def library_states(ids: Mapping[str, str]) -> Sequence[State]:
    verdicts = ("imports", "faulty", "duplicate", "skipped")
    mixed = f"/organiser/imports/{ids['mixed']}"
    return (
        State("jobs_24", "/organiser/jobs", ".job-line >> nth=0"),
        State("jobs_200", "/organiser/jobs", ".job-line >> nth=0", who="busy"),
        State("jobs_empty", "/organiser/jobs", EMPTY, who="blank"),
        State("jobs_none_found", "/organiser/jobs?q=没有这个岗位", EMPTY),
        State("job_blocked", f"/organiser/jobs/{ids['blocked']}", ".finding"),
        State("job_new_blank", "/organiser/jobs/new", "form", then=blank_title),
        State("employers", "/organiser/employers", ".row >> nth=0"),
        State("employers_empty", "/organiser/employers", EMPTY, who="blank"),
        State("employer", f"/organiser/employers/{ids['employer']}", "form"),
        State("imports", "/organiser/imports", ".row >> nth=0", who="busy"),
        State("imports_empty", "/organiser/imports", EMPTY, who="blank"),
        *(State(f"import_{name}", mixed, "[role=tab]", who="busy", then=tab(nth)) for nth, name in enumerate(verdicts)),
        State("import_done", f"/organiser/imports/{ids['imported']}", ".type-sentence", who="busy"),
        State("policies", "/organiser/policies", ".stack > li >> nth=0"),
        State("policies_empty", "/organiser/policies", EMPTY, who="blank"),
        State("reports", "/organiser/reports", ".row >> nth=0"),
        State("reports_empty", "/organiser/reports", EMPTY, who="blank"),
        State("series", f"/organiser/series/{ids['series']}", ".series-headline"),
        State("series_empty", "/organiser/series/everything", EMPTY, who="blank"),
        State("definitions", "/organiser/definitions", ".definition >> nth=0"),
        State("definitions_found", "/organiser/definitions?q=率", ".definition >> nth=0"),
        State("accounts", "/organiser/accounts", ".row >> nth=0"),
        State("account_new", "/organiser/accounts", ".row >> nth=0", then=a_new_account),
    )


# ── looking ───────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def opened(browser: Browser, world: World, who: Who, language: str) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(
        base_url=world.demo.base_url,
        viewport={"width": SIZES[0][0], "height": SIZES[0][1]},
        locale=language,
        timezone_id="Asia/Shanghai",
        storage_state=world.sessions[who],
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    await context.add_cookies([{"name": "lang", "value": language, "url": world.demo.base_url}])
    await context.add_init_script(path=AXE)
    try:
        yield context
    finally:
        await context.close()


@asynccontextmanager
async def found_as(context: BrowserContext, state: State) -> AsyncIterator[Page]:
    page = await context.new_page()
    try:
        await state.before(page)
        await page.goto(state.path)
        await page.wait_for_selector(state.ready, state="attached")
        await state.then(page)
        yield page
    finally:
        await page.close()


async def too_wide(page: Page) -> list[str]:
    """Sizes at which the page would have to be moved sideways, or a sheet is not all there."""
    found = []
    for width, height in SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        if await page.evaluate(TOO_WIDE):
            found.append(f"wider than {width}")
    return found


async def every_one(
    browser: Browser,
    world: World,
    states: Sequence[State],
    language: str,
    look: Callable[[Page, State], Awaitable[list[str]]],
) -> dict[str, list[str]]:
    """What is wrong with each state, two tabs at a time."""
    found: dict[str, list[str]] = {}
    queue = list(states)

    async def walk(contexts: Mapping[Who, BrowserContext]) -> None:
        while queue:
            state = queue.pop(0)
            try:
                async with found_as(contexts[state.who], state) as page:
                    faults = await look(page, state)
            except PlaywrightError as failure:
                faults = [failure.message]
            if faults:
                found[state.name] = faults

    async with (
        opened(browser, world, "demo", language) as demo,
        opened(browser, world, "busy", language) as busy,
        opened(browser, world, "blank", language) as blank,
    ):
        contexts: dict[Who, BrowserContext] = {"demo": demo, "busy": busy, "blank": blank}
        await asyncio.gather(*(walk(contexts) for _ in range(TABS_AT_ONCE)))
    return found


@pytest.mark.screenshots
@pytest.mark.timeout(300)
async def test_every_state_of_the_organiser_fits_and_axe_finds_nothing(browser: Browser, world: World) -> None:
    """From a phone to a wall screen nothing is wider than the screen, whatever is on the page."""

    states = [state for state in world.states if state.name not in ELSEWHERE]

    async def look(page: Page, state: State) -> list[str]:
        return [*await axe_finds(page), *await too_wide(page)]

    assert await every_one(browser, world, states, "zh-CN", look) == {}


async def test_a_part_begun_on_the_show_page_stands_in_the_report(browser: Browser, world: World) -> None:
    """The wrong button is undone from the bar; what stands is a line of its own by time."""
    live = next(state for state in world.states if state.name == "report_live_none")
    async with opened(browser, world, "busy", "zh-CN") as context:
        page = await context.new_page()
        await page.goto(live.path.removesuffix("/report"))
        chip = page.get_by_role("group", name="现在进行").get_by_role("button")
        await chip.filter(has_text="政策").click()
        await page.get_by_role("button", name="撤销", exact=True).click()
        await expect(chip.filter(has_text="政策")).to_have_attribute("aria-pressed", "false")
        await chip.filter(has_text="问答").click()
        await expect(chip.filter(has_text="问答")).to_have_attribute("aria-pressed", "true")

        await page.goto(live.path)
        await page.get_by_role("tab", name="按时段").click()

        lines = page.locator("#report-panel-times tbody th")
        await expect(lines.filter(has_text="问答")).to_have_count(1)
        await expect(lines.filter(has_text="政策")).to_have_count(0)


async def test_a_report_prints_on_a4(browser: Browser, world: World) -> None:
    """Every page of the paper is an A4 page, and the buttons stay on the screen."""
    ended = next(state for state in world.states if state.name == "report_ended")
    async with opened(browser, world, "demo", "zh-CN") as context, found_as(context, ended) as page:
        ARTEFACTS.mkdir(exist_ok=True)
        await page.set_viewport_size({"width": 1440, "height": 900})

        paper = await page.pdf(path=ARTEFACTS / "organiser_report_a4.pdf", prefer_css_page_size=True)

        sizes = re.findall(rb"/MediaBox ?\[0 0 ([.\d]+) ([.\d]+)", paper)
        assert sizes
        for size in sizes:
            assert all(low < float(side) < high for side, (low, high) in zip(size, A4_POINTS, strict=True))
        await page.emulate_media(media="print")
        assert await page.get_by_role("button", name="复制这段话").count() == 0
        await until(lambda: page.get_by_role("heading", name="从到访到入职").is_visible())


@pytest.mark.screenshots
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_pictures_of_every_state(browser: Browser, world: World, language: str) -> None:
    """Each state in every size, light and dark; axe finds nothing in any of them."""

    async def look(page: Page, state: State) -> list[str]:
        found = []
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            for width, height in SIZES:
                await page.set_viewport_size({"width": width, "height": height})
                await screenshot(page, f"organiser_{state.name}_{width}_{scheme}_{language}")
                if width in EXAMINED:
                    found += [f"{width} {scheme} {fault}" for fault in await axe_finds(page)]
        return [*found, *await too_wide(page)]

    assert await every_one(browser, world, world.states, language, look) == {}
