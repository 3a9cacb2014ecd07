"""Colours of the pages: readable in both themes, and the same dark by system and by switch."""

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).resolve().parents[2] / "admin" / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
BACKGROUNDS = ["bg", "surface", "sunken"]
TEXTS = ["text", "muted", "primary", "pay", "live", "ok", "warn"]


def block(selector: str) -> dict[str, str]:
    """Colour tokens of the first rule with that selector."""
    body = CSS.split(selector + " {", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})\b", body))


LIGHT = block(":root")
DARK = block(':root[data-theme="dark"]')


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1): 0.2126 R + 0.7152 G + 0.0722 B of linearised channels."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.1 contrast ratio: (lighter + 0.05) / (darker + 0.05)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_colour_is_readable_on_every_surface(theme: dict[str, str]) -> None:
    """At least 4.5 : 1 on page, card, inset and its own soft colour."""
    pairs = [(text, ground) for text in TEXTS for ground in BACKGROUNDS]
    pairs += [(tone, f"{tone}-soft") for tone in ("primary", "live", "ok", "warn")]
    pairs += [("on-primary", "primary"), ("on-live", "live")]

    unreadable = [pair for pair in pairs if contrast(theme[pair[0]], theme[pair[1]]) < 4.5]

    assert unreadable == []


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_borders_of_controls_can_be_seen(theme: dict[str, str]) -> None:
    """At least 3 : 1 against page and card."""
    assert min(contrast(theme["control"], theme[ground]) for ground in ("bg", "surface")) >= 3


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_series_of_charts_can_be_told_from_the_card(theme: dict[str, str]) -> None:
    """At least 4.5 : 1, as their labels are drawn in the same colour."""
    assert min(contrast(theme[f"series-{n}"], theme["surface"]) for n in range(1, 7)) >= 4.5


def test_dark_by_system_is_dark_by_switch() -> None:
    """The dark colours stand twice in the stylesheet and may not drift apart."""
    assert block(':root[data-theme="auto"]') == DARK
