"""Addresses of a show's own picture: what is taken, and whom the page may ask for it."""

import pytest

from admin.server import content_security_policy
from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.picture import picture_origin


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://live.example.cn/show/index.m3u8", "https://live.example.cn"),
        ("https://live.example.cn:8443/a.M3U8?token=1", "https://live.example.cn:8443"),
        ("https://media.example.cn/回放.mp4#t=10", "https://media.example.cn"),
    ],
)
def test_a_picture_is_asked_of_its_own_host_alone(url: str, origin: str) -> None:
    """With the port it names, and without anything of the path."""
    assert picture_origin(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "http://live.example.cn/index.m3u8",
        "https://live.example.cn/index.html",
        "https://name:secret@live.example.cn/index.m3u8",
        "https://*.example.cn/index.m3u8",
        "https://live.example.cn; script-src */index.m3u8",
        "https://live.example.cn:port/index.m3u8",
        "https:///index.m3u8",
        "javascript:alert(1)//.m3u8",
        "https://[::1/index.m3u8",
    ],
)
def test_what_could_widen_the_policy_further_is_no_picture(url: str) -> None:
    """The host goes into a header: nothing but a host may come there."""
    with pytest.raises(BadInput) as refused:
        picture_origin(url)

    assert refused.value.field == "picture_url"


def test_only_a_page_with_a_picture_may_ask_elsewhere() -> None:
    """Media and fetches of that one origin; scripts, styles and frames stay our own."""
    plain = content_security_policy("https://jobs.example.cn", "jobs.example.cn")
    widened = content_security_policy("https://jobs.example.cn", "jobs.example.cn", "https://live.example.cn")

    assert "live.example.cn" not in plain and "media-src" not in plain
    parts = dict(part.strip().split(" ", 1) for part in widened.split(";"))
    assert parts["media-src"] == "https://live.example.cn blob:"
    assert parts["connect-src"].split()[-1] == "https://live.example.cn"
    assert [name for name, sources in parts.items() if "live.example.cn" in sources] == ["connect-src", "media-src"]
