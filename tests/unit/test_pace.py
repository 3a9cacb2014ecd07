"""A burst and then a steady rate, kept in one number."""

import pytest

from stream_jobs.domain.address import caller_prefix
from stream_jobs.domain.errors import TooMany
from stream_jobs.domain.ids import OrgId, ViewerId, uuid7
from stream_jobs.domain.pace import Pace, Rule
from stream_jobs.keys import Keys
from stream_jobs.limits import LocalLimits, Quotas
from stream_jobs.settings import read_settings
from tests.builders import Clock

TWO = Rule("two", {"device": Pace(2, 10), "tenant": Pace(3, 10)})


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_a_bucket_refuses_after_its_burst_and_says_when_to_come_back() -> None:
    """Whoever comes back then is let in."""
    seconds = Seconds()
    limits = LocalLimits(seconds=seconds)
    rule = Rule("one", {"device": Pace(2, 10)})
    await limits.take(rule, "org", ["a"])
    await limits.take(rule, "org", ["a"])

    with pytest.raises(TooMany) as caught:
        await limits.take(rule, "org", ["a"])

    assert caught.value.retry_after_seconds == 10
    await limits.take(rule, "org", ["b"])
    await limits.take(rule, "other org", ["a"])
    seconds.now += 10
    await limits.take(rule, "org", ["a"])


async def test_what_is_refused_costs_nobody_anything() -> None:
    """A device that asks too much does not use up its organisation."""
    limits = LocalLimits(seconds=Seconds())
    for _ in range(2):
        await limits.take(TWO, "org", ["a", ""])
    for _ in range(20):
        with pytest.raises(TooMany):
            await limits.take(TWO, "org", ["a", ""])

    await limits.take(TWO, "org", ["b", ""])
    with pytest.raises(TooMany):
        await limits.take(TWO, "org", ["c", ""])


async def test_buckets_do_not_grow_without_end() -> None:
    """Made-up logins cost no memory."""
    limits = LocalLimits(max_buckets=10, seconds=Seconds())

    for n in range(1000):
        await limits.take(Rule("one", {"login": Pace(1, 1)}), "-", [str(n)])

    assert len(limits._until) == 10


def test_at_most_five_in_any_hour() -> None:
    """However the hour is laid, and however greedily one asks."""
    pace, until, let_in = Pace.at_most(5, 3600), 0.0, []
    for now in range(1000, 30_000, 10):
        next_until, wait = pace.one_more(until, now)
        if not wait:
            until = next_until
            let_in.append(now)

    most = max(sum(start <= at < start + 3600 for at in let_in) for start in let_in)

    assert most == 5


async def test_a_phone_has_one_bucket_however_it_is_typed(keys: Keys, clock: Clock) -> None:
    """Spaces, +86 and full-width digits open no second one."""
    limits = Quotas(read_settings({}, code_resend_seconds=60), LocalLimits(), keys)
    org, viewers = OrgId(uuid7(clock())), [ViewerId(uuid7(clock())) for _ in range(4)]
    await limits.send_code(org, viewers[0], "127.0.0.0/24", "13800000001")

    for viewer, typed in zip(
        viewers[1:], ("+86 138 0000 0001", "0086138-0000-0001", "１３８０００００００１"), strict=True
    ):
        with pytest.raises(TooMany) as caught:
            await limits.send_code(org, viewer, "127.0.0.0/24", typed)
        assert caught.value.retry_after_seconds == 60


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_a_thousand_forged_addresses_are_one_caller(proxies: int) -> None:
    """What a client writes into X-Forwarded-For stands left of what our proxies add, and counts for nothing."""
    added = ["198.51.100.7", "10.0.0.2"][:proxies]

    prefixes = {
        caller_prefix("203.0.113.9", [", ".join([f"{n % 250}.{n // 250}.1.1", *added])], proxies) for n in range(1000)
    }

    assert prefixes == {["203.0.113.0/24", "198.51.100.0/24", "198.51.100.0/24"][proxies]}


def test_neighbours_share_a_prefix() -> None:
    """A subscriber's /64, an office's /24, and the same written the other way."""
    assert caller_prefix("2001:db8::1", (), 0) == caller_prefix("2001:db8::ffff", (), 0) == "2001:db8::/64"
    assert caller_prefix("::ffff:192.0.2.1", (), 0) == caller_prefix("192.0.2.200", (), 0) == "192.0.2.0/24"
    assert caller_prefix("nonsense", (), 0) == caller_prefix(None, (), 0) == "unknown"
