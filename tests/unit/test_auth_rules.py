"""Where a request comes from, how often it may come, and what cookies and links look like."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from admin.auth import client_address, is_own_origin, refuse_cross_site
from stream_jobs.domain.errors import CrossSite

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

    assert client_address(request, 1) == "10.0.0.0/24"
    assert client_address(request, 2) == "7.7.7.0/24"


def test_ipv6_subscribers_are_one_address() -> None:
    """A /64 has 2^64 addresses, and one owner."""
    one = client_address(a_request(X_Forwarded_For="2001:db8::1"), 1)
    other = client_address(a_request(X_Forwarded_For="2001:db8::ffff"), 1)

    assert one == other == "2001:db8::/64"
