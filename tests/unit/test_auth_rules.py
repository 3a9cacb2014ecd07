"""Where a request comes from, how often it may come, and what cookies and links look like."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from admin.auth import client_address, is_own_origin, refuse_cross_site
from admin.call import UUID_FORM
from admin.declare import Anyone, Route, UndeclaredRoute, check_declared
from admin.html import data_block
from admin.limits import Buckets
from admin.pages import local_path
from admin.server import content_security_policy
from stream_jobs.domain.errors import CrossSite, TooMany

PUBLIC = "https://jobs.example.cn"


def a_request(method: str = "POST", **headers: str) -> web.Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_mocked_request(method, "/api/v1/x", headers={"Host": "jobs.example.cn", **named})


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_own_page_may_change_things(site: str) -> None:
    refuse_cross_site(a_request(Sec_Fetch_Site=site), PUBLIC)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything else"])
def test_other_sites_page_is_refused(site: str) -> None:
    """A sibling subdomain is another site to us."""
    with pytest.raises(CrossSite):
        refuse_cross_site(a_request(Sec_Fetch_Site=site), PUBLIC)


def test_reading_is_not_refused() -> None:
    """A link from another site may open a page."""
    refuse_cross_site(a_request("GET", Sec_Fetch_Site="cross-site"), PUBLIC)


@pytest.mark.parametrize("origin", [PUBLIC, "http://jobs.example.cn"])
def test_old_browser_is_known_by_its_origin(origin: str) -> None:
    """iOS before 17 sends no Sec-Fetch-Site."""
    refuse_cross_site(a_request(Origin=origin), PUBLIC)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://jobs.example.cn.evil.example",
        "https://evil-jobs.example.cn",
        "https://evil.example/https://jobs.example.cn",
        "https://jobs.example.cn:8443",
        "https://jobs.example.cn.",
        "https://JOBS.example.cn",
        "https://xn--jobs.example.cn",
        "https://user@jobs.example.cn",
        "ftp://jobs.example.cn",
        "jobs.example.cn",
        "https://jobs.example.cn/",
        "https://jobs.example.cn evil",
    ],
)
def test_origin_that_only_looks_like_ours_is_refused(origin: str) -> None:
    """Exactly ours, or not ours."""
    assert not is_own_origin(origin, "jobs.example.cn", PUBLIC)


def test_request_without_a_browser_is_let_in() -> None:
    """A program has no one's cookies but its own."""
    refuse_cross_site(a_request(), PUBLIC)


def test_forwarded_address_is_not_believed_without_proxies() -> None:
    """Whoever talks to us directly cannot choose an address."""
    request = a_request(X_Forwarded_For="9.9.9.9")

    assert client_address(request, 0) == client_address(a_request(), 0)


def test_forwarded_address_is_read_as_many_hops_back_as_there_are_proxies() -> None:
    """What a client writes itself stands further left than what our proxies add."""
    request = a_request(X_Forwarded_For="6.6.6.6, 7.7.7.7, 10.0.0.1")

    assert client_address(request, 1) == "10.0.0.1"
    assert client_address(request, 2) == "7.7.7.7"


def test_ipv6_subscribers_are_one_address() -> None:
    """A /64 has 2^64 addresses, and one owner."""
    one = client_address(a_request(X_Forwarded_For="2001:db8::1"), 1)
    other = client_address(a_request(X_Forwarded_For="2001:db8::ffff"), 1)

    assert one == other == "2001:db8::/64"


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_bucket_refuses_after_its_burst_and_says_when_to_come_back() -> None:
    seconds = Seconds()
    buckets = Buckets(burst=2, per_second=0.1, seconds=seconds)
    buckets.take("a")
    buckets.take("a")

    with pytest.raises(TooMany) as caught:
        buckets.take("a")

    assert caught.value.retry_after_seconds == 10
    buckets.take("b")
    seconds.now = 10
    buckets.take("a")


def test_buckets_do_not_grow_without_end() -> None:
    """Made-up logins cost no memory."""
    buckets = Buckets(burst=1, per_second=1, max_keys=10, seconds=Seconds())

    for n in range(1000):
        buckets.take(str(n))

    assert len(buckets._buckets) == 10


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", "x", "", "/a\nb"])
def test_sign_in_never_leads_to_another_site(path: str) -> None:
    assert local_path(path) is None


def test_sign_in_leads_back_to_our_page() -> None:
    assert local_path("/organiser/imports?x=1") == "/organiser/imports?x=1"


def test_boot_data_cannot_end_its_script_element() -> None:
    """A job called </script> is still a job."""
    block = data_block({"title": "</script><script>alert(1)</script><!--", "amp": "&\u2028"})

    assert "<" not in block and ">" not in block and "&" not in block and "\u2028" not in block


def test_policy_allows_nothing_of_others() -> None:
    policy = content_security_policy("https://jobs.example.cn", "jobs.example.cn")

    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "wss://jobs.example.cn" in policy


@pytest.mark.parametrize("host", ["evil; script-src *", "a b", "x\ty", "'self'"])
def test_host_header_cannot_write_into_the_policy(host: str) -> None:
    assert content_security_policy(PUBLIC, host) == content_security_policy(PUBLIC, "jobs.example.cn")


@pytest.mark.parametrize(
    "text", ["{01990000-0000-7000-8000-000000000001}", "0199000000007000800000000000000f", "1", ""]
)
def test_only_the_plain_form_of_a_uuid_is_an_id(text: str) -> None:
    assert not UUID_FORM.fullmatch(text)


def test_route_outside_the_table_stops_the_build() -> None:
    """Nobody can add an address without saying who may call it."""

    async def handler(_: object) -> web.Response:
        return web.Response()

    async def declared(_: object) -> None:
        return None

    route = Route(method="GET", path="/known", callers=(Anyone(),), summary="", handler=declared)
    app = web.Application()
    app.router.add_get("/known", handler)
    check_declared(app, (route,))
    app.router.add_post("/unknown", handler)

    with pytest.raises(UndeclaredRoute, match="POST /unknown"):
        check_declared(app, (route,))
