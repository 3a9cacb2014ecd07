"""The organiser's programme over HTTP."""

import asyncio
import io
from uuid import uuid4

import openpyxl
import pytest
import pytest_asyncio
from aiohttp import FormData

from stream_jobs.domain.ids import BroadcastId
from stream_jobs.ports import AccountRole, JobFilter
from stream_jobs.settings import Settings
from stream_jobs.tokens import FORGED_CODE
from tests.builders import Store, a_broadcast, a_job, a_policy, an_employer, cards_of
from tests.job_workbooks import a_row, a_workbook
from tests.site import Site, a_site

LIMIT = 200_000


@pytest_asyncio.fixture
async def organiser(site: Site) -> dict[str, str]:
    return await site.signed_in(await site.account(AccountRole.ORGANISER))


def a_form(content: bytes, name: str = "岗位.xlsx") -> FormData:
    # As browsers do: the name as it is, not percent-encoded.
    form = FormData(quote_fields=False)
    form.add_field("file", content, filename=name, content_type="application/octet-stream")
    return form


async def a_file(site: Site, path: str, headers: dict[str, str]) -> tuple[bytes, str, str]:
    """Content, type and disposition."""
    async with site.client.get(site.base + path, headers=headers) as answer:
        return await answer.read(), answer.content_type, answer.headers.get("Content-Disposition", "")


# ── imports ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_workbook_goes_from_upload_to_jobs_over_http(
    site: Site, store: Store, organiser: dict[str, str]
) -> None:
    """Upload, look, confirm; the faulty rows come back as a file."""
    content = a_workbook(a_row(), a_row(title="质检员", headcount="很多人"))

    uploaded = await (await site.ask("POST", "/api/v1/imports", data=a_form(content), headers=organiser)).json()
    one = f"/api/v1/imports/{uploaded['id']}"
    faulty = await (await site.ask("GET", f"{one}/rows?verdict=faulty&lang=en", headers=organiser)).json()
    file, _, disposition = await a_file(site, f"{one}/faulty", organiser)
    confirmed = await (await site.ask("POST", f"{one}/confirm", headers=organiser)).json()
    again = await site.ask("POST", f"{one}/confirm", headers=organiser)

    assert (uploaded["file_name"], uploaded["totals"]["imports"], uploaded["totals"]["faulty"]) == ("岗位.xlsx", 1, 1)
    assert faulty["rows"][0]["reasons"] == ["Headcount C4: no number can be read; write 10 or 3-5"]
    assert openpyxl.load_workbook(io.BytesIO(file)).worksheets[0].max_row == 3
    assert "%E5%B2%97%E4%BD%8D-%E6%9C%89%E9%94%99.xlsx" in disposition
    assert (confirmed["state"], confirmed["imported"]) == ("confirmed", 1)
    assert (again.status, (await again.json())["code"]) == (409, "import_done")
    assert (await store.actions.postings.jobs(store.org, JobFilter())).total == 1


async def test_the_bare_file_is_an_upload_too(site: Site, organiser: dict[str, str]) -> None:
    """For programs; the name is in the address."""
    answer = await site.ask("POST", "/api/v1/imports?name=a.xlsx", data=a_workbook(a_row()), headers=organiser)

    assert (await answer.json())["totals"]["imports"] == 1


async def test_a_file_name_in_another_encoding_is_taken_without_it(site: Site, organiser: dict[str, str]) -> None:
    """Old browsers send the name in the machine's own encoding."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="\xb8\xda\xce\xbb.csv"\r\n\r\n'
    form = {**organiser, "Content-Type": "multipart/form-data; boundary=x"}

    answer = await site.ask("POST", "/api/v1/imports", data=head + b"a,b\n1,2" + b"\r\n--x--\r\n", headers=form)

    assert (answer.status, (await answer.json())["file_name"].endswith(".csv")) == (200, True)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"%PDF-1.7", 422, "workbook_unreadable"),
        (b"PK\x03\x04 broken", 422, "workbook_unreadable"),
        (b"x" * (LIMIT + 1), 413, "body_too_large"),
    ],
)
async def test_what_cannot_be_imported_is_a_problem_and_leaves_nothing(
    store: Store, content: bytes, status: int, code: str
) -> None:
    """With a stable code and the field; the history stays empty."""
    async with a_site(store, settings=Settings(max_upload_bytes=LIMIT)) as site:
        organiser = await site.signed_in(await site.account(AccountRole.ORGANISER))

        answer = await site.ask("POST", "/api/v1/imports", data=a_form(content), headers=organiser)
        listed = await (await site.ask("GET", "/api/v1/imports", headers=organiser)).json()

    problem = await answer.json()
    assert (answer.status, problem["code"], problem["field"]) == (status, code, "file")
    assert listed["imports"] == []


@pytest.mark.parametrize(
    ("data", "headers"),
    [
        (b"", {}),
        (b"no boundary here", {"Content-Type": "multipart/form-data"}),
        (b"--x\r\nnonsense", {"Content-Type": "multipart/form-data; boundary=x"}),
        (
            b"--x\r\nContent-Disposition: form-data; name=other\r\n\r\n1\r\n--x--\r\n",
            {"Content-Type": "multipart/form-data; boundary=x"},
        ),
        (b"--x--\r\n", {"Content-Type": "multipart/form-data; boundary=x"}),
    ],
)
async def test_a_form_that_is_none_is_bad_input(
    site: Site, organiser: dict[str, str], data: bytes, headers: dict[str, str]
) -> None:
    """Never a server fault."""
    answer = await site.ask("POST", "/api/v1/imports", data=data, headers={**organiser, **headers})

    assert (answer.status, (await answer.json())["code"]) == (422, "bad_input")


async def test_undo_over_http_says_why_not(site: Site, store: Store, organiser: dict[str, str]) -> None:
    """A preview was never confirmed."""
    answer = await site.ask("POST", "/api/v1/imports", data=a_form(a_workbook(a_row())), headers=organiser)
    one = f"/api/v1/imports/{(await answer.json())['id']}"

    refused = await site.ask("POST", f"{one}/undo", headers=organiser)
    await site.ask("POST", f"{one}/confirm", headers=organiser)
    undone = await (await site.ask("POST", f"{one}/undo", headers=organiser)).json()

    assert (await refused.json())["code"] == "import_done"
    assert undone["state"] == "undone"


# ── the library ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_job_is_corrected_until_it_can_be_pushed(site: Site, store: Store, organiser: dict[str, str]) -> None:
    """The findings name the words, the rule and the law; the override needs a reason."""
    employer = await an_employer(store)
    job = {"employer_id": str(employer), "title": "前台文员", "pay_text": "4000-5000", "workplace": "珠海香洲"}

    made = await (
        await site.ask("POST", "/api/v1/jobs", json={**job, "requirements": "限女性"}, headers=organiser)
    ).json()
    one = f"/api/v1/jobs/{made['id']}"
    no_reason = await site.ask("PUT", f"{one}/override", json={"reason": " "}, headers=organiser)
    let = await (await site.ask("PUT", f"{one}/override", json={"reason": "已核"}, headers=organiser)).json()
    back = await (await site.ask("DELETE", f"{one}/override", headers=organiser)).json()
    corrected = await (await site.ask("PUT", one, json=job, headers=organiser)).json()

    assert made["blocked"][0]["code"] == "wording" and made["findings"][0]["legal_basis"]
    assert (no_reason.status, (await no_reason.json())["field"]) == (422, "reason")
    assert let["blocked"] == [] and let["override"]["reason"] == "已核"
    assert back["blocked"] and corrected["blocked"] == []
    assert (await site.ask("DELETE", one, headers=organiser)).status == 204
    assert (await site.ask("DELETE", one, headers=organiser)).status == 404


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"pay_text": "待遇从优"}, "pay_unparseable", "pay"),
        ({"pay_text": "7000-5000"}, "pay_range_reversed", "pay"),
        ({"headcount_min": 5, "headcount_max": 3}, "bad_input", "headcount_max"),
        ({"headcount_max": 0}, "bad_input", "headcount_max"),
        ({"valid_until": "2026-13-01"}, "bad_input", "valid_until"),
        ({"no_such_field": 1}, "bad_input", "no_such_field"),
        ({"title": ""}, "bad_input", "title"),
    ],
)
async def test_a_job_that_cannot_be_is_refused_with_its_field(
    site: Site, store: Store, organiser: dict[str, str], change: dict[str, object], code: str, field: str
) -> None:
    """The form marks the field and says what is expected."""
    employer = await an_employer(store)
    job = {"employer_id": str(employer), "title": "普工", "pay_text": "面议", "workplace": "东莞"}

    answer = await site.ask("POST", "/api/v1/jobs", json={**job, **change}, headers=organiser)

    problem = await answer.json()
    assert (answer.status, problem["code"], problem["field"]) == (422, code, field) and problem["expected"]


async def test_pay_is_understood_while_it_is_typed(site: Site, organiser: dict[str, str]) -> None:
    """Nothing is kept."""
    answer = await (
        await site.ask("POST", "/api/v1/pay", json={"text": "底薪2500，综合6000～7500/月"}, headers=organiser)
    ).json()

    assert (answer["min_fen"], answer["max_fen"], answer["unit"]) == (600_000, 750_000, "month")


async def test_employers_and_policies_over_http(site: Site, store: Store, organiser: dict[str, str]) -> None:
    """Add, correct, verify, take back."""
    made = await (
        await site.ask("POST", "/api/v1/employers", json={"name": "示例·甲", "contact_name": "王"}, headers=organiser)
    ).json()
    one = f"/api/v1/employers/{made['id']}"
    verified = await (await site.ask("POST", f"{one}/verify", json={"seen": ["licence"]}, headers=organiser)).json()
    taken = await site.ask("POST", "/api/v1/employers", json={"name": "示例·甲"}, headers=organiser)
    back = await (await site.ask("POST", f"{one}/unverify", json={"reason": "注销"}, headers=organiser)).json()
    notice = {"title": "交通补助", "who": "谁", "how_much": "500元", "how_to_claim": "村里"}
    policy = await (await site.ask("POST", "/api/v1/policies", json=notice, headers=organiser)).json()
    edited = await site.ask(
        "PUT", f"/api/v1/policies/{policy['id']}", json={**notice, "how_much": "600元"}, headers=organiser
    )
    listed = await (await site.ask("GET", "/api/v1/policies", headers=organiser)).json()

    assert made["full_name"] == "示例·甲" and verified["verified"] and not back["verified"]
    assert (taken.status, (await taken.json())["code"]) == (409, "name_taken")
    assert edited.status == 204 and [one["how_much"] for one in listed["policies"]] == ["600元"]


# ── shows ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_show_is_created_prepared_and_checked_over_http(
    site: Site, store: Store, organiser: dict[str, str]
) -> None:
    """Tray in one go, reordered; channel with a link that opens it; checks as data."""
    jobs = [str(await a_job(store, title=f"岗位{n}")) for n in (1, 2)]
    policies = [str(await a_policy(store))]
    show = {
        "title": "就业暖心季·县城专场",
        "starts_at": "2026-11-22T14:00:00+08:00",
        "series": "示例·就业暖心季",
        "platform": "快手",
        "platform_url": "https://live.example.cn/1",
        "tray": {"jobs": jobs, "policies": policies},
    }

    made = await (await site.ask("POST", "/api/v1/broadcasts", json=show, headers=organiser)).json()
    one = f"/api/v1/broadcasts/{made['id']}"
    cards = [str(card) for card in await cards_of(store, BroadcastId(made["id"]))]
    order = await site.ask("PUT", f"{one}/cards/order", json={"cards": cards[::-1]}, headers=organiser)
    channel = await (
        await site.ask("POST", f"{one}/channels", json={"kind": "station", "name": "城关镇驿站"}, headers=organiser)
    ).json()
    page = await site.ask("GET", channel["link"].removeprefix("http://127.0.0.1:8000"))
    checks = (await (await site.ask("GET", f"{one}/checks", headers=organiser)).json())["checks"]
    home = await (await site.ask("GET", "/api/v1/home", headers=organiser)).json()

    assert made["starts_at"] == "2026-11-22T06:00:00Z"
    assert order.status == 204
    assert page.status == 200 and made["title"] in await page.text()
    assert [(check["code"], check["ok"]) for check in checks] == [
        ("tray", True),
        ("blocked", True),
        ("viewer_link", False),
        ("notices", False),
    ]
    assert home["shows"][0]["broadcast"]["id"] == made["id"]


async def test_codes_to_scan_bear_the_channel_s_name(site: Site, store: Store, organiser: dict[str, str]) -> None:
    """In the picture that scales, and in the file's name; markup in a name stays a name."""
    broadcast = await a_broadcast(store, live=False)
    one = f"/api/v1/broadcasts/{broadcast}"
    made = {"kind": "poster", "name": "城关镇<b>驿站"}
    channel = await (await site.ask("POST", f"{one}/channels", json=made, headers=organiser)).json()

    code = f"{one}/channels/{channel['id']}/code"
    svg, svg_type, _ = await a_file(site, code, organiser)
    png, png_type, disposition = await a_file(site, f"{code}?form=png&download=1", organiser)
    own, _, _ = await a_file(site, f"{one}/code?form=png", organiser)

    assert svg_type == "image/svg+xml" and "城关镇&lt;b&gt;驿站" in svg.decode()
    assert png_type == "image/png" and png.startswith(b"\x89PNG") and own.startswith(b"\x89PNG")
    assert "%E5%9F%8E%E5%85%B3%E9%95%87" in disposition


async def test_a_revoked_link_opens_the_show_by_no_link(site: Site, store: Store, organiser: dict[str, str]) -> None:
    """Whoever scans the old poster sees the show, and is no visit of that channel."""
    one = f"/api/v1/broadcasts/{await a_broadcast(store, live=False)}"
    channel = await (
        await site.ask("POST", f"{one}/channels", json={"kind": "poster", "name": "海报"}, headers=organiser)
    ).json()

    await site.ask("POST", f"{one}/channels/{channel['id']}/revoke", headers=organiser)

    page = await (await site.ask("GET", channel["link"].removeprefix("http://127.0.0.1:8000"))).text()
    assert f'"channel":"{FORGED_CODE}"' in page and channel["link"].rpartition("/")[2] not in page


async def test_renewed_links_are_other_links(site: Site, store: Store, organiser: dict[str, str]) -> None:
    """The old remote stops working."""
    one = f"/api/v1/broadcasts/{await a_broadcast(store)}"
    before = await (await site.ask("GET", f"{one}/links", headers=organiser)).json()

    await site.ask("POST", f"{one}/links/renew", headers=organiser)

    after = await (await site.ask("GET", f"{one}/links", headers=organiser)).json()
    assert before["viewer"] == after["viewer"]
    assert all(before[page] != after[page] for page in ("remote", "prompter", "overlay"))
    old = before["remote"].removeprefix("http://127.0.0.1:8000")
    assert (await site.ask("GET", old)).status == 404


async def test_a_host_may_reorder_and_check_but_not_change_the_tray(site: Site, store: Store) -> None:
    """What goes in and out is the organiser's; the order on the day is the studio's."""
    broadcast = await a_broadcast(store, jobs=2)
    one = f"/api/v1/broadcasts/{broadcast}"
    host = await site.signed_in(await site.account(AccountRole.HOST))
    cards = [str(card) for card in await cards_of(store, broadcast)]

    assert (await site.ask("PUT", f"{one}/cards/order", json={"cards": cards}, headers=host)).status == 204
    assert (await site.ask("GET", f"{one}/checks", headers=host)).status == 200
    assert (await site.ask("POST", f"{one}/cards", json={}, headers=host)).status == 403
    assert (await site.ask("DELETE", f"{one}/cards/{cards[0]}", headers=host)).status == 403
    assert (await site.ask("PATCH", f"{one}/show", json={"title": "x"}, headers=host)).status == 403


async def test_a_recruiter_has_no_part_in_the_programme(site: Site, store: Store) -> None:
    """Not one of its addresses."""
    employer = await an_employer(store)
    recruiter = await site.signed_in(await site.account(AccountRole.RECRUITER, employer=employer))
    paths = ("home", "jobs", "employers", "imports", "policies", "names", f"jobs/{uuid4()}", f"imports/{uuid4()}")

    answers = await asyncio.gather(*(site.ask("GET", f"/api/v1/{path}", headers=recruiter) for path in paths))

    assert {answer.status for answer in answers} == {403}
