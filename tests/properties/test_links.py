"""However a channel's link is altered, it attributes nothing; whoever has it sees the show that it still names."""

import base64
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote
from uuid import UUID, uuid4

import segno

from admin.qr import ERROR_CORRECTION
from storage.rebuilding import rebuild
from stream_jobs.domain.errors import ChannelNotFound
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import NO_CHANNEL, BroadcastId, ChannelId, ViewerId, VisitId, WallId
from stream_jobs.tokens import FORGED_CODE, LINK_SIGNATURE_BYTES, UUID_BYTES, UUID_CHARACTERS, Tokens, claimed_id
from stream_jobs.verify.run import verify
from tests.builders import Store, a_broadcast, a_phone, a_visit, apply, batching, cards_of, jobs_of
from tests.report_builders import a_channel
from tests.site import Site, a_site

MANY = 10_000
OURS, THEIRS = Tokens(b"ours" * 8), Tokens(b"theirs" * 8)
TYPED = "Aa09-_+/=~%.?&# 。假é\0\ud800"

Altering = Callable[[random.Random, Tokens, ChannelId], str]


def raw(code: str) -> bytes:
    return base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))


def coded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def typed(dice: random.Random) -> str:
    return "".join(dice.choices(TYPED, k=dice.randint(1, 12)))


def flipped(dice: random.Random, tokens: Tokens, channel: ChannelId) -> str:
    bits = int.from_bytes(raw(tokens.channel_code(channel)))
    size = UUID_BYTES + LINK_SIGNATURE_BYTES
    for bit in dice.sample(range(size * 8), dice.randint(1, 3)):
        bits ^= 1 << bit
    return coded(bits.to_bytes(size))


def retyped(dice: random.Random, tokens: Tokens, channel: ChannelId) -> str:
    code = tokens.channel_code(channel)
    at = dice.randrange(len(code))
    return code[:at] + dice.choice(TYPED.replace(code[at], "")) + code[at + 1 :]


def cut(dice: random.Random, tokens: Tokens, channel: ChannelId) -> str:
    code = tokens.channel_code(channel)
    return code[: dice.randrange(1, len(code))]


def cut_in_its_signature(dice: random.Random, tokens: Tokens, channel: ChannelId) -> str:
    code = tokens.channel_code(channel)
    return code[: dice.randrange(UUID_CHARACTERS, len(code))]


def gone_on(dice: random.Random, tokens: Tokens, channel: ChannelId) -> str:
    return tokens.channel_code(channel) + typed(dice)


def signed_as_another(dice: random.Random, tokens: Tokens, channel: ChannelId) -> str:
    other = tokens.channel_code(ChannelId(uuid4()))
    return coded(channel.bytes + raw(other)[UUID_BYTES:])


def signed_for_something_else(dice: random.Random, tokens: Tokens, channel: ChannelId) -> str:
    return dice.choice((tokens.wall_code(WallId(channel)), tokens.device_cookie(ViewerId(channel))))


def signed_by_somebody_else(dice: random.Random, tokens: Tokens, channel: ChannelId) -> str:
    return THEIRS.channel_code(channel)


def guessed(dice: random.Random, tokens: Tokens, channel: ChannelId) -> str:
    return coded(channel.bytes + dice.randbytes(LINK_SIGNATURE_BYTES))


def made_up(dice: random.Random, tokens: Tokens, channel: ChannelId) -> str:
    return dice.choice((typed(dice), coded(dice.randbytes(dice.randint(1, 40)))))


# What leaves the beginning of a link of before as it was names its show all the same.
STILL_NAMING: tuple[Altering, ...] = (
    *(cut_in_its_signature, gone_on, signed_as_another, signed_for_something_else, signed_by_somebody_else, guessed),
)
ALTERING: tuple[Altering, ...] = (*STILL_NAMING, flipped, retyped, cut, made_up)


def attributed(tokens: Tokens, path: str) -> tuple[BroadcastId | None, ChannelId] | None:
    try:
        return tokens.read_channel_path(path)
    except ChannelNotFound:
        return None


def named(path: str) -> UUID | None:
    try:
        return claimed_id(path)
    except ChannelNotFound:
        return None


def altered_before(dice: random.Random, path: str, until: int) -> str:
    """One character of its beginning, or the slash after it, is another one, or gone."""
    at = dice.randrange(until)
    return path[:at] + dice.choice(TYPED.replace(path[at], "")) * dice.randint(0, 1) + path[at + 1 :]


def test_no_altered_link_attributes_anything_or_fails() -> None:
    """Ten thousand, of every kind: what follows the show's part may be anything, and the show is found."""
    dice = random.Random(31)
    naming: Counter[Altering] = Counter()
    for nth in range(MANY):
        altering, show, channel = ALTERING[nth % len(ALTERING)], BroadcastId(uuid4()), ChannelId(uuid4())
        code, path = altering(dice, OURS, channel), OURS.channel_path(show, channel)
        instead = f"{path[:UUID_CHARACTERS]}/{code}"

        assert attributed(OURS, code) is attributed(OURS, instead) is None, (altering, code)
        assert named(instead) == named(path[:UUID_CHARACTERS] + code) == show, (altering, code)
        naming[altering] += named(code) == channel
        elsewhere = attributed(OURS, altered_before(dice, path, UUID_CHARACTERS + 1))
        assert elsewhere is None or elsewhere[0] != show, "the code is another show's there, and proves nothing"
        assert attributed(OURS, path) == (show, channel) and named(path) == show
        assert attributed(OURS, OURS.channel_code(channel)) == (None, channel)

    each = MANY // len(ALTERING)
    assert {altering: naming[altering] for altering in STILL_NAMING} == dict.fromkeys(STILL_NAMING, each)
    assert all(0 < naming[altering] < each for altering in (flipped, retyped, cut)) and not naming[made_up]
    assert attributed(OURS, FORGED_CODE) is None and named(FORGED_CODE) is None


def test_link_of_a_channel_is_a_code_that_a_phone_reads_from_a_poster() -> None:
    """Forty-one squares wide at the middle level: millimetres each on a hand's breadth."""
    link = f"https://zhibo.rsj.example.gov.cn/s/{OURS.channel_path(BroadcastId(uuid4()), ChannelId(uuid4()))}"

    assert segno.make(link, error=ERROR_CORRECTION).symbol_size(border=0) <= (41, 41)


async def watcher_of(site: Site, store: Store, broadcast: BroadcastId, code: str) -> Watcher:
    """Who a page that goes by this code is known as."""
    wanted = {"visit_id": str(uuid4()), "channel": code}
    answer = await site.ask("POST", f"/api/v1/broadcasts/{broadcast}/connection-token", json=wanted)
    identity = store.tokens.read_connection_token((await answer.json())["token"], store.clock())
    assert identity.watcher
    return identity.watcher


async def opened(site: Site, code: str) -> tuple[object, ...]:
    """How the page of a link is answered; the show, code and card it starts from."""
    answer = await site.ask("GET", f"/s/{quote(code, safe='', errors='replace')}")
    found = re.search(r'id="boot">(.*?)</script>', await answer.text(), re.DOTALL) if answer.status == 200 else None
    boot = json.loads(found[1]) if found else {}
    return answer.status, *(boot.get(key) for key in ("broadcast_id", "channel", "card_id"))


async def test_an_altered_link_opens_the_show_itself_through_no_channel(store: Store) -> None:
    """Not at the link's card, and as a forged link; what names no show and ends with no code of ours is not found."""
    dice, broadcast, other = random.Random(31), await a_broadcast(store, jobs=2), await a_broadcast(store, jobs=1)
    channel, card = await a_channel(store, broadcast, "海报"), (await cards_of(store, broadcast))[1]
    revoked = await a_channel(store, broadcast, "旧海报")
    await store.actions.programme.revoke_channel(store.org, broadcast, revoked)
    async with store.database.transaction(store.org) as tx:
        await tx.execute("UPDATE channel SET card_id = $2 WHERE id = ANY($1)", [channel, revoked], card)
    tokens, code = store.tokens, store.tokens.channel_code(channel)
    link = tokens.channel_path(broadcast, channel)
    show, none = link[:UUID_CHARACTERS], ChannelId(uuid4())

    async with a_site(store) as site:
        right = [await opened(site, one) for one in (link, code)]
        by_right = await watcher_of(site, store, broadcast, code)
        altered = {one: await opened(site, f"{show}/{one(dice, tokens, channel)}") for one in ALTERING}
        altered |= {one: await opened(site, one(dice, tokens, channel)) for one in STILL_NAMING}
        proving_nothing = [show, f"{show}/", f"{link}/", f"{show}{code}", tokens.channel_code(revoked)]
        proving_nothing += [tokens.channel_path(broadcast, one) for one in (revoked, none)]
        cut_short = [await opened(site, one) for one in proving_nothing]
        of_nothing = ("A" * UUID_CHARACTERS, "假", show[:20], show[1:], f"{show}/x")
        by_code = [await opened(site, f"{one}/{code}") for one in of_nothing]
        of_another_show = await opened(site, tokens.channel_path(other, channel))
        codes = [FORGED_CODE, guessed(dice, tokens, channel), "made-up", "假的"]
        forged = [await watcher_of(site, store, broadcast, one) for one in codes]
        naming_none = ["假的", code[:20], tokens.channel_code(none), guessed(dice, tokens, none)]
        naming_none += [f"{show[:20]}/{one(dice, tokens, channel)}" for one in (cut_in_its_signature, guessed)]
        lost = [(await opened(site, one))[0] for one in naming_none]
        asked = store.database.begun
        lost.append((await opened(site, naming_none[3]))[0])
        asked_again = store.database.begun - asked

    assert right == [(200, str(broadcast), code, str(card))] * 2
    assert (by_right.channel_id, by_right.forged_link) == (channel, False)
    assert altered == dict.fromkeys(ALTERING, (200, str(broadcast), FORGED_CODE, None))
    assert cut_short == [(200, str(broadcast), FORGED_CODE, None)] * len(proving_nothing)
    assert by_code == [(200, str(broadcast), FORGED_CODE, None)] * len(of_nothing)
    assert of_another_show == (200, str(other), FORGED_CODE, None)
    assert [(one.channel_id, one.forged_link) for one in forged] == [(NO_CHANNEL, True)] * len(forged)
    assert (lost, asked_again) == ([404] * len(lost), 0)


async def test_visits_by_forged_links_are_visits_of_no_channel_and_told_apart(store: Store) -> None:
    """Each once; found right by verify, and left as it is by rebuild."""
    broadcast = await a_broadcast(store, jobs=1)
    channel = await a_channel(store, broadcast, "海报")
    came = [
        Watcher(ViewerId(uuid4()), VisitId(uuid4()), channel),
        *(
            Watcher(ViewerId(uuid4()), VisitId(uuid4()), NO_CHANNEL, forged_link=forged)
            for forged in (False, True, True)
        ),
    ]

    for _ in range(2):
        await store.actions.watching.visits(store.org, broadcast, [(one, store.clock()) for one in came])

    report = await store.actions.report.report_now(store.org, broadcast)
    assert (report.figures.visits, report.apart.forged_links, report.apart.fraud) == (4, 2, 0)
    assert {line.channel_id: line.visits for line in report.channels} == {channel: 1, None: 3}
    assert (await verify(store.database, store.keys, broadcast, store.clock())).differences == ()
    assert (await rebuild(store.database, broadcast, store.clock())).right


async def test_stopping_a_link_takes_nothing_from_the_pages_it_had_opened(store: Store) -> None:
    """Their tokens are renewed without it: what was sent later used to count for no channel, and the visit for this."""
    broadcast = await a_broadcast(store, jobs=2)
    channel, visit = await a_channel(store, broadcast, "海报"), uuid4()
    code, device = store.tokens.channel_code(channel), ""

    async def page(site: Site) -> Watcher:
        nonlocal device
        path, body = f"/api/v1/broadcasts/{broadcast}/connection-token", {"visit_id": str(visit), "channel": code}
        answer = await site.ask("POST", path, json=body, headers={"Cookie": device})
        device = device or f"device={answer.cookies['device'].value}"
        identity = store.tokens.read_connection_token((await answer.json())["token"], store.clock())
        assert identity.watcher
        return identity.watcher

    async with a_site(store) as site:
        opened = await a_visit(store, broadcast, await page(site))
    await store.actions.programme.revoke_channel(store.org, broadcast, channel)
    async with a_site(store) as site, batching(store):  # that keeps no link in mind
        renewed = await page(site)
        jobs = await jobs_of(store, broadcast)
        await apply(store, broadcast, jobs[0], watcher=renewed)
        other_page = replace(renewed, visit_id=VisitId(uuid4()))
        await apply(store, broadcast, jobs[1], watcher=other_page, phone=a_phone(2))

    assert (opened.channel_id, renewed.channel_id, renewed.viewer_id) == (channel, NO_CHANNEL, opened.viewer_id)
    lines = {line.channel_id: line for line in (await store.actions.report.report_now(store.org, broadcast)).channels}
    assert [lines[one].last_applications for one in (channel, None)] == [1, 1]
    assert lines[channel].applied.applications == 2
    assert (await verify(store.database, store.keys, broadcast, store.clock())).differences == ()
    assert (await rebuild(store.database, broadcast, store.clock())).right
