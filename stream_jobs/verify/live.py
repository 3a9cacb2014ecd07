"""What the host's side and the organiser's lists show of a show, beside its recount."""

from collections import Counter
from collections.abc import Sequence

from stream_jobs.ports import BroadcastRow, ChannelRow, Desk
from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.places import SHOW, Place, said
from stream_jobs.verify.recount import Recount

# A figure of the desk, and the metric that it is.
OF_DESK = (
    ("watching", "watching"),
    ("visits", "visits"),
    ("viewers", "visitors"),
    ("applications", "applications"),
    ("people", "applicants"),
    ("cards_spoken", "presented"),
    ("cards_total", "cards"),
)
OF_CARD = ("impressions", "clicks", "applications")
OF_PUSH = ("connected", "delivered", "impressions", "clicks", "applications")


def check_desk(desk: Desk, counted: Recount, compared: Comparison) -> None:
    """All its figures but the peak, which is the highest that was seen at a beat, and can be counted by nobody."""
    figures, pushed = counted.figures, {push.card_id for push in counted.stage.pushes}

    def same(place: Place, metric: str, shown: object, recounted: object) -> None:
        compared.same("desk", metric, said(place), shown, recounted)

    for name, metric in OF_DESK:
        same(SHOW, name, getattr(desk, name), figures.of(SHOW, metric))
    for card in desk.cards:
        place: Place = ("card", card.card_id)
        same(place, "pushed", card.pushed, card.card_id in pushed)
        for name in OF_CARD:
            same(place, name, getattr(card, name), figures.of(place, name))
    if desk.on_stage:
        place = ("push", desk.on_stage.seq)
        for name in OF_PUSH:
            same(place, name, getattr(desk.on_stage, name), figures.of(place, name))
    for question in desk.questions:
        place = ("card", question.card_id)
        same(place, f"asked {question.kind}", question.count, figures.of(place, f"asked {question.kind}"))
    named = Counter[str]()
    for row in counted.channels:
        named[row["name"]] += figures.of(("channel", row["id"]), "visits")
    for channel in desk.channels:
        compared.same("desk", "visits", f"channel {channel.name}", channel.visits, named[channel.name])


def check_row(row: BroadcastRow, counted: Recount, compared: Comparison) -> None:
    """Its line in the organiser's list of broadcasts."""
    live = counted.show["status"] == "live"
    for name in ("cards", "openings", "visits", "applications"):
        compared.same("list", name, "show", getattr(row, name), counted.figures.of(SHOW, name))
    compared.same("list", "watching", "show", row.watching, counted.figures.of(SHOW, "watching") if live else 0)


def check_channels(rows: Sequence[ChannelRow], counted: Recount, compared: Comparison) -> None:
    """The list of links and what came through each."""
    compared.same("channels", "listed", "show", len(rows), len(counted.channels))
    for row in rows:
        place: Place = ("channel", row.id)
        compared.same("channels", "visits", said(place), row.visits, counted.figures.of(place, "visits"))
