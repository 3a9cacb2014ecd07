"""Who may do what how often: the same rules over HTTP and over the socket, and buckets in this process."""

import hmac
import math
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b

from stream_jobs.domain.errors import TooMany
from stream_jobs.domain.ids import AccountId, OrgId, ViewerId
from stream_jobs.domain.pace import Pace, Rule
from stream_jobs.keys import Keys
from stream_jobs.ports.limits import Limits
from stream_jobs.settings import Settings

MAX_BUCKETS = 50_000
HOUR_SECONDS = 3600
NOBODY = "-"
# A mainland number without +86, 0086 or 86, however it was typed.
PHONE_DIGITS = 11
# A minute. A device has three files; an address may be a whole dormitory.
UPLOADS_PER_DEVICE = 20
UPLOADS_PER_PREFIX = 300


class LocalLimits:
    """Buckets of this process alone; the least recently used are forgotten beyond max_buckets."""

    def __init__(self, *, max_buckets: int = MAX_BUCKETS, seconds: Callable[[], float] = time.monotonic) -> None:
        self._until: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._max_buckets = max_buckets
        self._seconds = seconds

    async def take(self, rule: Rule, scope: str, keys: Sequence[str]) -> None:
        self.take_now(rule, scope, keys)

    def take_now(self, rule: Rule, scope: str, keys: Sequence[str]) -> None:
        """The same, without waiting."""
        now = self._seconds()
        places = [(scope, key) for key in keys]
        taken = [
            pace.one_more(self._until.get(place, now), now)
            for place, pace in zip(places, rule.paces.values(), strict=True)
        ]
        wait = max(wait for _, wait in taken)
        if wait > 0:
            raise too_many(wait)
        for place, (until, _) in zip(places, taken, strict=True):
            self._until[place] = until
            self._until.move_to_end(place)
        while len(self._until) > self._max_buckets:
            self._until.popitem(last=False)


def too_many(wait_seconds: float) -> TooMany:
    """Whole seconds, so that whoever comes back then is let in."""
    return TooMany(retry_after_seconds=math.ceil(wait_seconds))


class Quotas:
    """Each method counts one request of its kind, in all buckets or in none. They raise TooMany.

    What is frequent and harmless is counted in this process alone; the rest by all workers together. Names of buckets
    are keyed hashes: whoever reads them learns neither a device nor a number nor an address.
    """

    def __init__(self, settings: Settings, shared: Limits, keys: Keys) -> None:
        self._rules = rules(settings)
        self._shared = shared
        self._local = LocalLimits()
        self._key = hmac.digest(keys.pepper, b"limits", "sha256")

    async def apply(self, org: OrgId, viewer: ViewerId, prefix: str, phone: str) -> None:
        await self._take("apply", org.hex, viewer.hex, _digits(phone), prefix, "")

    async def ask(self, org: OrgId, viewer: ViewerId, prefix: str) -> None:
        await self._take("ask", org.hex, viewer.hex, prefix, "")

    def report(self, viewer: ViewerId) -> None:
        self._take_here("report", viewer.hex)

    def connect(self, prefix: str) -> None:
        self._take_here("connect", prefix)

    async def sign_in(self, login: str, prefix: str) -> None:
        await self._take("sign_in", NOBODY, login, prefix)

    async def send_code(self, org: OrgId, viewer: ViewerId, prefix: str, phone: str) -> None:
        number = _digits(phone)
        await self._take("send_code", org.hex, number, number, viewer.hex, prefix, "")

    async def try_code(self, org: OrgId, viewer: ViewerId, prefix: str) -> None:
        await self._take("try_code", org.hex, viewer.hex, prefix)

    async def my_page(self, org: OrgId, viewer: ViewerId) -> None:
        await self._take("my_page", org.hex, viewer.hex)

    async def upload(self, org: OrgId, viewer: ViewerId, prefix: str) -> None:
        """A file is announced once, however often its line breaks."""
        await self._take("upload", org.hex, viewer.hex, prefix)

    async def reveal(self, org: OrgId, account: AccountId) -> None:
        await self._take("reveal", org.hex, account.hex, "")

    async def open_application(self, org: OrgId, account: AccountId) -> None:
        await self._take("open_application", org.hex, account.hex)

    async def search(self, org: OrgId, account: AccountId) -> None:
        await self._take("search", org.hex, account.hex)

    async def open_link(self, prefix: str) -> None:
        """A link with a code, such as an employer's list: called for each code tried."""
        await self._take("open_link", NOBODY, prefix)

    async def _take(self, name: str, scope: str, *whose: str) -> None:
        rule = self._rules[name]
        await self._shared.take(rule, scope, self._keys(rule, scope, whose))

    def _take_here(self, name: str, *whose: str) -> None:
        rule = self._rules[name]
        self._local.take_now(rule, NOBODY, self._keys(rule, NOBODY, whose))

    def _keys(self, rule: Rule, scope: str, whose: Sequence[str]) -> list[str]:
        return [
            blake2b(
                f"{rule.name} {scope} {kind} {who}".encode(errors="replace"), digest_size=16, key=self._key
            ).hexdigest()
            for kind, who in zip(rule.paces, whose, strict=True)
        ]


def rules(settings: Settings) -> Mapping[str, Rule]:
    """What the settings say, by kind of request; the order of a rule's paces is that of Quotas' buckets."""

    def minute(what: str, *whose: str) -> Mapping[str, Pace]:
        return {who: Pace.per_minute(getattr(settings, f"{what}_per_{who}_per_minute")) for who in whose}

    def hour(what: str, *whose: str) -> Mapping[str, Pace]:
        return {who: Pace.at_most(getattr(settings, f"{what}_per_{who}_per_hour"), HOUR_SECONDS) for who in whose}

    paces: Mapping[str, Mapping[str, Pace]] = {
        "apply": minute("apply", "device", "phone", "prefix", "tenant"),
        "ask": minute("ask", "device", "prefix", "tenant"),
        "report": minute("report", "device"),
        "connect": minute("connect", "prefix"),
        "sign_in": minute("sign_in", "login", "prefix"),
        "send_code": {
            "resend": Pace(1, settings.code_resend_seconds),
            **hour("code", "phone", "device", "prefix", "tenant"),
        },
        "try_code": minute("code_tries", "device", "prefix"),
        "my_page": minute("my_page", "device"),
        "upload": {"device": Pace.per_minute(UPLOADS_PER_DEVICE), "prefix": Pace.per_minute(UPLOADS_PER_PREFIX)},
        "reveal": minute("reveal", "account", "tenant"),
        "open_application": minute("open", "account"),
        "search": minute("search", "account"),
        "open_link": minute("link_tries", "prefix"),
    }
    return {name: Rule(name, of) for name, of in paces.items()}


def _digits(phone: str) -> str:
    """The same for every way to type a number; what is no number at all has a bucket too."""
    plain = unicodedata.normalize("NFKC", phone)
    return "".join(c for c in plain if c.isdecimal())[-PHONE_DIGITS:]
