"""Pages of other sites and made-up tokens: nobody gets in who should not."""

import base64
import hmac
import json
import random
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import jwt
from aiohttp import ClientSession
from cryptography.hazmat.primitives.asymmetric import rsa
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from stream_jobs.bench.server import PROGRAM
from stream_jobs.clock import utc_now
from stream_jobs.tokens import Tokens
from tests.builders import a_broadcast, a_watcher
from tests.drills.crowd import a_call, a_line, a_token, reply, said
from tests.drills.drill import Bench, Drill, Found
from tests.drills.in_clear import keep_answer
from tests.drills.show import KEYS, Show, a_show

LENIENT = ("-m", "tests.drills.wrong.lenient")
CREDULOUS = ("-m", "tests.drills.wrong.credulous")
PUBLIC = "https://jobs.example.cn"
ANSWER_SECONDS = 5.0

# ── origins ───────────────────────────────────────────────────────────────────────────────────────────────────

HOSTILE_ORIGINS = (
    "null", "NULL", "", " ", "https://", "://", "*", "file://", "about:blank", "data:text/html,x", "https://evil.example",
    "https://jobs.example.cn.evil.example", "https://evil-jobs.example.cn", "https://notjobs.example.cn",
    "https://jobs.example.cn@evil.example", "https://evil.example/https://jobs.example.cn",
    "https://evil.example?https://jobs.example.cn", "https://evil.example#jobs.example.cn", "https://example.cn",
    "https://x.jobs.example.cn", "https://jobs.example.cn:8443", "https://jobs.example.cn:444", "https://jobs.example.cn.",
    "https://JOBS.example.cn", "https://xn--jobs-example.cn", "https://jobs.examp1e.cn", "https://jobs.example.cn/",
    "https://jobs.example.cn/path", "https://user@jobs.example.cn", "http://jobs.example.cn", "ftp://jobs.example.cn",
    "wss://jobs.example.cn", "jobs.example.cn", "//jobs.example.cn", "https:jobs.example.cn",
    "https://jobs.example.cn https://evil.example", "https://jobs.example.cn,https://evil.example",
    "http://127.0.0.1", "http://localhost", "https://[::1]",
)  # fmt: skip


async def visited_from_elsewhere(bench: Bench, program: tuple[str, ...] = PROGRAM) -> Found:
    """As the browser of somebody on another site's page: a socket, and a command."""
    let_in, own = [], 0
    async with a_show(bench, program=program, settings={"public_url": PUBLIC}) as show, ClientSession() as client:
        for origin in HOSTILE_ORIGINS:
            if await _upgrades(show, origin) or await _commands(show, client, origin):
                let_in.append(origin)
        for origin in (PUBLIC, show.server.http_url):
            own += await _upgrades(show, origin) and await _commands(show, client, origin)
        audited = await show.audit()
    said_ = f"{len(let_in)} of {len(HOSTILE_ORIGINS)} let in, {own} of our own 2; audit: {audited}"
    return Found(len(HOSTILE_ORIGINS), not let_in and own == 2 and audited.clean, said_)


async def _upgrades(show: Show, origin: str) -> bool:
    try:
        async with connect(show.server.socket_url, additional_headers={"Origin": origin}):
            return True
    except InvalidStatus:
        return False


async def _commands(show: Show, client: ClientSession, origin: str) -> bool:
    """Whether it gets past the door; what is behind it asks for no right."""
    async with client.post(f"{show.server.http_url}/api/v1/sign-out", headers={"Origin": origin}) as response:
        keep_answer(await response.text())
        return response.status != 403


# ── tokens ────────────────────────────────────────────────────────────────────────────────────────────────────


async def tricked(bench: Bench, program: tuple[str, ...] = PROGRAM) -> Found:
    tried, let_in = 0, []
    async with a_show(bench, program=program) as show:
        good = a_token(show.store, show.broadcast)
        if not await _lets_in(show, good):
            return Found(1, False, "a good token was refused")
        flips = ((f"bit {nth}", token) for nth, token in enumerate(_flipped(good, bench.of(1000, 100), bench.dice)))
        for what, token in (*_made_up(show, good), *flips):
            tried += 1
            if await _lets_in(show, token):
                let_in.append(what)
        for what, got_in in await _elsewhere(show):
            tried += 1
            let_in += [what] if got_in else []
        audited = await show.audit()
    more = f": {', '.join(let_in[:5])}" if let_in else ""
    kept = not let_in and audited.clean and not audited.applications
    return Found(tried, kept, f"{len(let_in)} of {tried} let in{more}; audit: {audited}")


async def _lets_in(show: Show, token: str) -> bool:
    try:
        async with connect(show.server.socket_url, close_timeout=1, ping_interval=None) as socket:
            await socket.send(json.dumps({"id": 1, "connect": {"token": token}}))
            return "connect" in await reply(socket, 1)
    except ConnectionClosed as closed:
        keep_answer(str(closed))
        return False


def _made_up(show: Show, good: str) -> Iterator[tuple[str, str]]:
    """Every way to make a token that is not ours, or not of that kind."""
    ours: bytes = show.store.tokens._jwt_key
    claims = jwt.decode(good, options={"verify_signature": False})
    head, body, signature = good.split(".")
    for algorithm in ("none", "None", "NONE", "nOnE", ""):
        for end in ("", signature):
            yield f"alg {algorithm!r}", f"{_part({'alg': algorithm, 'typ': 'JWT'})}.{body}.{end}"
    yield "no signature", f"{head}.{body}."
    yield "two parts", f"{head}.{body}"
    yield "four parts", f"{good}.{signature}"
    for what, key in {"empty": "", "secret": "secret", "public": good, "zeros": "\0" * 32}.items():
        yield f"signed with {what} key", _signed(claims, key.encode())
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    yield "RS256", jwt.encode(claims, private, algorithm="RS256")
    yield "RS256 said, HS256 done", f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{body}.{signature}"
    for algorithm in ("HS384", "HS512"):
        yield algorithm, _signed(claims, ours, algorithm)
    for more in (
        {"kid": "../../dev/null"},
        {"jku": "http://127.0.0.1/"},
        {"jwk": {"kty": "oct", "k": ""}},
        {"x5u": "http://127.0.0.1/"},
    ):
        yield f"header {next(iter(more))}", jwt.encode(claims, "guess" * 8, algorithm="HS256", headers=more)
    wrongs: dict[str, Any] = {
        "aud": ["", "stream_jobs", "stream_jobs.session", None, ["x"]],
        "exp": [0, -1, int(utc_now().timestamp()) - 1, "tomorrow", None, 1e300, [1]],
        "role": ["admin", "organiser", "recruiter", "", None, ["viewer"], "Viewer"],
        "sub": ["", "1", None, 7, "' OR 1=1"],
        "broadcast": ["", "*", None, "0"],
        "visit": ["", None, "x"],
        "org": ["", None, "*"],
    }
    for name, values in wrongs.items():
        for value in values:
            yield f"{name} {value!r}", _signed({**claims, name: value}, ours)
        yield f"without {name}", _signed({key: value for key, value in claims.items() if key != name}, ours)
    yield "a host without an account", _signed({**claims, "role": "host"}, ours)
    yield "another installation's", a_token_of(Tokens(b"x" * 32), show)
    yield "a device cookie", show.store.tokens.device_cookie(a_watcher().viewer_id)
    yield "a page link", show.store.tokens.page_code("remote", show.broadcast, uuid4())
    yield "a link's key", _signed(claims, show.store.tokens._link_key)
    yield "the signing key itself", _signed(claims, KEYS.signing)
    yield "expired", a_token(show.store, show.broadcast, hours=-0.001)
    yield "nothing", ""
    yield "NUL", "\0"
    yield "long", "a" * 8000


def a_token_of(tokens: Tokens, show: Show) -> str:
    identity = show.store.tokens.read_connection_token(a_token(show.store, show.broadcast), utc_now())
    return tokens.connection_token(identity, utc_now())


def _flipped(token: str, times: int, dice: random.Random) -> Iterator[str]:
    """One bit of what is said, anywhere in it."""
    parts = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")]
    whole = sum(len(part) for part in parts)
    for _ in range(times):
        at, bit, changed = dice.randrange(whole), 1 << dice.randrange(8), list[bytes]()
        for part in parts:
            inside = 0 <= at < len(part)
            changed.append(part[:at] + bytes([part[at] ^ bit]) + part[at + 1 :] if inside else part)
            at -= len(part)
        yield ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in changed)


async def _elsewhere(show: Show) -> list[tuple[str, bool]]:
    """A good token of another show: it opens that one alone."""
    other = await a_broadcast(show.store)
    token = a_token(show.store, other)
    consent = (await show.store.actions.applying.consent(show.store.org, show.broadcast, show.job)).text_sha256
    async with a_line(show.server.socket_url, token) as socket:
        answers = []
        for number, channel in enumerate((f"broadcast:{show.broadcast}", f"desk:{show.broadcast}", f"desk:{other}"), 2):
            await socket.send(json.dumps({"id": number, "subscribe": {"channel": channel}}))
            answers.append((channel, "subscribe" in await reply(socket, number)))
        answers.append(
            ("applies elsewhere", (await said(socket, 9, a_call(show.job, consent))).get("type") == "stored")
        )
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{show.server.http_url}/api/v1/broadcasts/{show.broadcast}/applications/mine"
    async with ClientSession() as client, client.get(url, headers=headers) as response:
        answers.append(("reads elsewhere", response.status == 200))
    return answers


def _part(said_: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(said_).encode()).decode().rstrip("=")


def _signed(claims: dict[str, Any], key: bytes, algorithm: str = "HS256") -> str:
    """PyJWT's own checks of claims and keys are not what is tried here."""
    said_ = f"{_part({'alg': algorithm, 'typ': 'JWT'})}.{_part(claims)}"
    signature = hmac.digest(key, said_.encode(), algorithm.replace("HS", "sha"))
    return f"{said_}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


DRILLS = (
    Drill(
        "hostile origins", "No page of another site opens a socket or sends a command",
        visited_from_elsewhere, "looks whether our name is in it",
        lambda bench: visited_from_elsewhere(bench, LENIENT), quick=True,
    ),
    Drill(
        "token tricks", "No token that is not ours, not whole, not for this show or over lets anybody in",
        tricked, "does not check the signature", lambda bench: tricked(bench, CREDULOUS), quick=True,
    ),
)  # fmt: skip
