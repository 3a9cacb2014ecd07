"""The pulse of many connections on one timer."""

import asyncio

from realtime.heartbeat import Heartbeat
from stream_jobs.settings import read_settings


class _Patient:
    def __init__(self) -> None:
        self.felt: list[tuple[str, int]] = []
        self.tick = 0

    def ping(self, now: float) -> None:
        self.felt.append(("ping", self.tick))

    def check_pong(self, now: float) -> None:
        self.felt.append(("check", self.tick))


def test_each_connection_is_pinged_once_a_round_and_checked_in_time() -> None:
    """25 ticks of a second; the check follows its ping ten ticks later."""
    heartbeat, patient = Heartbeat(read_settings({})), _Patient()
    heartbeat.add(patient)

    for patient.tick in range(50):
        heartbeat.beat(float(patient.tick))

    pings = [tick for what, tick in patient.felt if what == "ping"]
    checks = [tick for what, tick in patient.felt if what == "check"]
    assert heartbeat.tick_seconds == 1
    assert pings[1] - pings[0] == 25
    assert any(check - ping == 10 for ping in pings for check in checks)


def test_whenever_a_peer_dies_it_is_noticed_within_35_seconds() -> None:
    """Whatever second of the round it is, and wherever in the round its pings fall."""

    class Mortal:
        dies, noticed, pinged = 0, 0, False

        def ping(self, now: float) -> None:
            self.pinged = now >= self.dies

        def check_pong(self, now: float) -> None:
            self.noticed = self.noticed or (int(now) if self.pinged else 0)

    for dies in range(1, 51):
        heartbeat, mortal = Heartbeat(read_settings({})), Mortal()
        mortal.dies = dies
        heartbeat.add(mortal)
        for tick in range(1, 101):
            heartbeat.beat(tick * heartbeat.tick_seconds)

        assert dies <= mortal.noticed <= dies + 35


def test_connections_spread_evenly() -> None:
    """Fifty connections make no tick heavier than two pings."""
    heartbeat = Heartbeat(read_settings({}))

    buckets = [heartbeat.add(_Patient()) for _ in range(50)]

    assert all(buckets.count(bucket) == 2 for bucket in range(25))


async def test_a_deadline_is_acted_on_once_at_the_first_tick_after_it() -> None:
    """What was promised for ten seconds happens neither earlier nor twice."""
    heartbeat, acted = Heartbeat(read_settings({})), []
    now = asyncio.get_running_loop().time()
    heartbeat.after(10, lambda: acted.append("done"))

    heartbeat.beat(now + 9)
    early = list(acted)
    heartbeat.beat(now + 11)
    heartbeat.beat(now + 12)

    assert (early, acted) == ([], ["done"])
