"""Marks in a cell: {{报名人数}} for all shows of a form together, {{每场.报名人数}} for each in a row of its own."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache

from stream_jobs.domain.metrics import METRICS, OF_LINES, every_metric

# What stands beside the figures: which show, when, who fills it in.
FACTS = {
    "nth": ("序号", "Row number"),
    "title": ("场次", "Show"),
    "time": ("时间", "Time"),
    "date": ("日期", "Date"),
    "started": ("开播时间", "Started at"),
    "ended": ("结束时间", "Ended at"),
    "platform": ("平台", "Platform"),
    "series": ("系列", "Series"),
    "unit": ("承办单位", "Unit"),
    "host": ("主播", "Host"),
    "organiser": ("填报单位", "Organisation"),
    "filled_in_by": ("填报人", "Filled in by"),
    "filled_in_on": ("填报日期", "Filled in on"),
    "first_day": ("开始日期", "First day"),
    "last_day": ("截止日期", "Last day"),
    "as_of": ("数据截至", "Figures as of"),
}
# A row number and a show's own start mean nothing for several shows, and a number of shows nothing for one.
ONLY_EACH = frozenset({"nth"})
ONLY_ALL = frozenset({"shows", "first_day", "last_day"})
# As the built-in form and people call them.
OTHER_NAMES = {
    "有效": "valid",
    "有效报名": "valid",
    "联系": "contacted",
    "联系人数": "contacted",
    "面试": "interview",
    "面试人数": "interview",
    "约面试人数": "interview",
    "录用": "offered",
    "录用人数": "offered",
    "入职人数": "hired",
    "在岗7天": "retained_7d",
    "在岗30天": "retained_30d",
    "政策宣讲": "presented_policies",
    "平台观看人次": "platform_views",
    "观看人次（平台填报）": "platform_views",
    "观看人数（平台填报）": "platform_viewers",
    "活动名称": "title",
    "直播标题": "title",
    "单位": "organiser",
    "单位名称": "organiser",
    "直播场次": "shows",
    "基地": "unit",
    "单位或基地": "unit",
    "时长": "on_air_seconds",
}

# 观看人次 of ours or of the platform's; 观看人数 of the show or of the page.
AMBIGUOUS = frozenset({"观看人次"})

_BRACKETS = str.maketrans("[]〔〕【】<>", "()()()()")
_WIDE_BRACES = str.maketrans("｛｝", "{}")
_MARK = re.compile(r"\{\{([^{}]*)\}\}")
_EACH = re.compile(r"每场[.。．·:：/、-]*|(?:each|show)[.。．·:：/、-]+")
_NEAR = 3
_LEAST_LIKENESS = 0.34


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark: where it stands in the text, and the metric or fact it means; None where nobody knows it.

    each: of one show, in a row that stands once for every show.
    """

    text: str
    start: int
    end: int
    key: str | None
    each: bool = False

    @property
    def is_metric(self) -> bool:
        return self.key in METRICS


def marks(text: str) -> Iterator[Mark]:
    """All marks of a cell, in order; braces of full width count too."""
    if "{{" not in (plain := text.translate(_WIDE_BRACES)):
        return
    for found in _MARK.finditer(plain):
        yield _mark(text[found.start() : found.end()], found[1], found.start(), found.end())


def _mark(text: str, inside: str, start: int, end: int) -> Mark:
    said = _plain(inside)
    each = _EACH.match(said)
    key = _meant(said[each.end() :] if each else said)
    if (key in ONLY_ALL and each) or (key in ONLY_EACH and not each):
        key = None
    return Mark(text, start, end, key, each is not None)


def _meant(said: str) -> str | None:
    """As it is written, else without what stands in brackets at its end."""
    names = known_names()
    return names.get(said) or names.get(_bare(said))


def name_of(key: str, language: str) -> str:
    """A metric's or a fact's name."""
    if key in METRICS:
        return METRICS[key].name(language)
    return FACTS[key][1 if language == "en" else 0]


def every_key() -> list[str]:
    """Every fact and metric that a mark can mean."""
    return [*FACTS, *(metric.key for metric in every_metric() if metric.key not in OF_LINES)]


@cache
def known_names() -> dict[str, str]:
    """Every name a mark may have, as compared: keys first, then metrics, facts and other names, in both languages."""
    every = [
        *((key, key) for key in (*METRICS, *FACTS)),
        *((said, metric.key) for metric in every_metric() for said in (metric.zh, metric.en)),
        *((said, key) for key, both in FACTS.items() for said in both),
        *OTHER_NAMES.items(),
    ]
    names: dict[str, str] = {}
    for said, key in every:
        names.setdefault(_plain(said), key)
    for said, key in every:
        names.setdefault(_bare(_plain(said)), key)
    # Ours has visits, a platform has views: which is meant must be said.
    return {said: key for said, key in names.items() if said not in AMBIGUOUS and key not in OF_LINES}


def nearest(mark: Mark, language: str) -> tuple[str, ...]:
    """Up to three names that may have been meant, the likeliest first."""
    said = _plain(mark.text.translate(_WIDE_BRACES).strip("{} "))
    each = _EACH.match(said)
    said = said[each.end() :] if each else said
    likeness: dict[str, float] = {}
    for name, key in known_names().items():
        likeness[key] = max(likeness.get(key, 0), _likeness(said, name))
    near = sorted((key for key in likeness if likeness[key] >= _LEAST_LIKENESS), key=lambda key: -likeness[key])
    return tuple(name_of(key, language) for key in near[:_NEAR])


def _likeness(said: str, name: str) -> float:
    """Words in common, in their order; a name that is a part of the other is near."""
    if not said:
        return 0
    part = 0.25 if said in name or name in said else 0
    return SequenceMatcher(None, said, name, autojunk=False).ratio() + part


def _plain(name: str) -> str:
    """As compared: no width, case or spaces, one kind of brackets."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", name).casefold())
    return plain.translate(_BRACKETS)


def _bare(plain: str) -> str:
    return re.sub(r"\(.*?\)$", "", plain)
