"""The words of the pages drawn here, from the catalogues the browser reads too."""

import json
import re
from collections.abc import Mapping
from datetime import datetime

from aiohttp import web

from admin.assets import Assets
from stream_jobs.domain.events import CardBody, JobBody, PayBody
from stream_jobs.domain.vetting import CHINA

LANGUAGES = ("zh-CN", "en")
FEN_PER_YUAN = 100
PLACEHOLDER = re.compile(r"\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}")


def language(request: web.Request) -> str:
    """?lang= wins, then the remembered choice; Chinese for everybody else."""
    asked = (request.query.get("lang"), request.cookies.get("lang"))
    return next((name for name in asked if name in LANGUAGES), LANGUAGES[0])


class Catalogues:
    """The flat JSON files of admin/static/i18n, by part and language."""

    def __init__(self, assets: Assets) -> None:
        self._texts = {
            name.removeprefix("i18n/").removesuffix(".json"): assets.text(name)
            for name in assets.names("i18n/")
            if name.endswith(".json")
        }
        self._words = {lang: self._all(lang) for lang in LANGUAGES}

    def text(self, part: str, lang: str) -> str | None:
        """One file as it is, for the page to take along."""
        return self._texts.get(f"{part}.{lang}")

    def words(self, lang: str) -> "Words":
        return Words(lang, self._words[lang])

    def _all(self, lang: str) -> dict[str, str]:
        parts = [json.loads(text) for name, text in self._texts.items() if name.endswith(f".{lang}")]
        return {key: sentence for part in parts for key, sentence in part.items()}


class Words:
    """Sentences, pay and times in one language."""

    def __init__(self, lang: str, sentences: Mapping[str, str]) -> None:
        self.lang = lang
        self._sentences = sentences

    def t(self, key: str, **params: object) -> str:
        """The sentence of that key; {n|person|people} picks the first word when n is 1."""

        def filled(match: re.Match[str]) -> str:
            name, one, other = match.groups()
            value = params.get(name)
            if one is not None:
                return one if value == 1 else other
            return f"{value:,}" if isinstance(value, int) else str(value if value is not None else "")

        return PLACEHOLDER.sub(filled, self._sentences[key])

    def has(self, key: str) -> bool:
        return key in self._sentences

    def pay(self, pay: PayBody) -> tuple[str, str]:
        """(amount, unit): ("5,500–7,000", "元/月"); ("面议", ""); what was written where no amount is known."""
        if pay.min_fen is None and pay.max_fen is None:
            return (self.t("common.pay.negotiable") if pay.negotiable else pay.text), ""
        divisor = self._divisor(pay)
        name = "unit" if divisor == FEN_PER_YUAN else "ten_thousand"
        upwards = "_and_up" if pay.open_ended and pay.max_fen is None else ""
        unit = self.t(f"common.pay.{name}{upwards}", per=self.t(f"common.pay.per.{pay.unit}"))
        return self._amount(pay, divisor), unit

    def when(self, at: datetime, now: datetime) -> str:
        """今天 14:32, else 11月28日 14:32; China's time."""
        local, today = at.astimezone(CHINA), now.astimezone(CHINA).date()
        day = self.t("common.time.today") if local.date() == today else self.day(at)
        return f"{day} {local:%H:%M}"

    def day(self, at: datetime) -> str:
        local = at.astimezone(CHINA)
        month = self.t(f"common.time.month.{local.month}")
        return self.t("common.time.date", month=month, day=str(local.day))

    def label(self, card: CardBody) -> str:
        return self.t(f"common.card.label_{card.kind}", number=str(card.number))

    def headcount(self, job: JobBody) -> str:
        low, high = job.headcount_min, job.headcount_max
        if high is None:
            return self.t("common.job.headcount_some")
        if low is None or low == high:
            return self.t("common.job.headcount", n=high)
        return self.t("common.job.headcount_range", low=low, high=high)

    def _divisor(self, pay: PayBody) -> int:
        # Yearly pay is said in 万, in English in thousands, where that leaves no more than one decimal.
        large = FEN_PER_YUAN * int(self.t("common.pay.large_unit_yuan"))
        is_round = all(fen % (large // 10) == 0 for fen in (pay.min_fen, pay.max_fen) if fen is not None)
        return large if pay.unit == "year" and is_round else FEN_PER_YUAN

    def _amount(self, pay: PayBody, divisor: int) -> str:
        low, high = (None if fen is None else _number(fen / divisor) for fen in (pay.min_fen, pay.max_fen))
        if low is None:
            return self.t("common.pay.most", amount=high)
        return low if high is None or low == high else f"{low}–{high}"


def _number(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


FACTS = ("shift", "rest", "meals", "dorm", "workplace", "age")


def facts(job: JobBody) -> list[tuple[str, str | None]]:
    """The six facts, always these, always in this order; None where nobody wrote it down."""
    age = " · ".join(part for part in (job.age, job.education) if part) or None
    return [(name, age if name == "age" else getattr(job, name) or None) for name in FACTS]
