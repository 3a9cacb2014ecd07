"""Pay as an employer writes it and as we understand it: a range in fen, per what, beside the original text."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.pay_figures import MAX_FEN, Figure, FigureKind, PayUnit, figures, plain

__all__ = [
    "Language",
    "Pay",
    "PayBasis",
    "PayNotPositive",
    "PayRangeReversed",
    "PayUnit",
    "PayUnparseable",
    "parse_pay",
    "pay_basis",
    "show_pay",
]

Language = Literal["zh", "en"]
EXPECTED = "5500-7000元/月, 24元/小时, 200元/天, 0.35元/件, 12-18万/年, 8000元以上/月, 面议"


class PayUnparseable(BadInput):
    """No wage can be read from the pay."""

    code = "pay_unparseable"


class PayRangeReversed(BadInput):
    """The lower end of the pay is above its upper end."""

    code = "pay_range_reversed"


class PayNotPositive(BadInput):
    """The pay is zero or negative."""

    code = "pay_not_positive"


@dataclass(frozen=True, slots=True)
class Pay:
    """What a job pays: fen, min equal to max for a single figure.

    Open-ended ("8000以上") has no max, "at most" has no min, negotiable has neither. months is set only where
    the employer wrote how many monthly salaries a year has (13薪).
    """

    text: str
    min_fen: int | None
    max_fen: int | None
    unit: PayUnit = PayUnit.MONTH
    months: int | None = None
    negotiable: bool = False
    open_ended: bool = False


@dataclass(frozen=True, slots=True)
class PayBasis:
    """What stands behind the pay, as far as the employer wrote it."""

    base_text: str | None = None
    extras_text: str | None = None
    monthly: Pay | None = None
    pay_day: str | None = None


_NEGOTIABLE = re.compile(r"面[议議谈談洽]|电议|negotiable", re.IGNORECASE)
_MONTHS = re.compile(r"(?<![0-9.])(1[2-9]|2[0-4])(?:薪(?!资)|个月(?:工资|薪))|[×x*](1[2-9]|2[0-4])(?![0-9])")
# Below and above these nobody means a month unless it is written.
_LIKELY_MONTH_FEN = (500_00, 100_000_00)
_LEAST_FEN = {
    PayUnit.MONTH: 100_00,
    PayUnit.YEAR: 1000_00,
    PayUnit.DAY: 1,
    PayUnit.HOUR: 1,
    PayUnit.PIECE: 1,
}


def parse_pay(text: str, unit: PayUnit | None = None, scale: int = 1) -> Pay:
    """Understand one pay text.

    unit and scale say what a bare figure means where the column's heading told it (年薪（万元）: YEAR, 10000);
    otherwise a bare figure is yuan a month. Fees and allowances are no wages.

    Raises PayUnparseable, PayRangeReversed or PayNotPositive, nothing else.
    """
    words = plain(text)
    if _NEGOTIABLE.search(words):
        return Pay(text=text.strip(), min_fen=None, max_fen=None, negotiable=True)
    if re.match(r"-[0-9]", words):
        raise PayNotPositive(field="pay", expected=EXPECTED)
    found = _main([_scaled(figure, words, scale) for figure in figures(words)], unit)
    if found is None:
        raise PayUnparseable(field="pay", expected=EXPECTED)
    return _checked(text, words, found, unit)


def _main(found: list[Figure], unit: PayUnit | None) -> Figure | None:
    """The figure taken as the pay: a plain one before a total, a trial or a base; a likely one before a slip."""
    order = list(FigureKind)
    wages = [figure for figure in found if figure.kind is not FigureKind.OTHER]
    return min(wages, key=lambda figure: (not _likely(figure, unit), order.index(figure.kind)), default=None)


def _likely(figure: Figure, unit: PayUnit | None) -> bool:
    ends = figure.ends
    per = figure.unit or unit
    if max(ends) >= MAX_FEN or min(ends) < _LEAST_FEN[per or PayUnit.MONTH]:
        return False
    return per is not None or _LIKELY_MONTH_FEN[0] <= min(ends) <= _LIKELY_MONTH_FEN[1]


def _scaled(figure: Figure, words: str, scale: int) -> Figure:
    """The figure in the unit of its heading, unless it names its own (年薪（万元）: 12, but 12000元)."""
    if scale == 1 or re.search(r"[元万千kw]", words[figure.start : figure.end], re.IGNORECASE):
        return figure
    low, high = figure.min_fen, figure.max_fen
    return replace(figure, min_fen=None if low is None else low * scale, max_fen=None if high is None else high * scale)


def _checked(text: str, words: str, found: Figure, unit: PayUnit | None) -> Pay:
    low, high = found.min_fen, found.max_fen
    if min(found.ends) <= 0:
        raise PayNotPositive(field="pay", expected=EXPECTED)
    # "4-5000" may be 4000 or a slip, "20-40万" a month or a year: ask, do not guess.
    if not _likely(found, unit):
        raise PayUnparseable(field="pay", expected=EXPECTED)
    if low is not None and high is not None and low > high:
        raise PayRangeReversed(field="pay", expected=EXPECTED)
    # A single figure with "+提成" behind it is the least one gets.
    is_open = high is None or (found.has_extras and low == high)
    per = found.unit or unit or PayUnit.MONTH
    return Pay(
        text=text.strip(),
        min_fen=low,
        max_fen=None if is_open else high,
        unit=per,
        months=_months(words) if per is PayUnit.MONTH else None,
        open_ended=is_open,
    )


def _months(words: str) -> int | None:
    match = _MONTHS.search(words)
    return int(match[1] or match[2]) if match else None


_BASE = re.compile(r"(?:无责任?)?(?:底薪|基本工资|保底(?:工资)?)[^,;。、()+0-9]*[0-9][^,;。、()+]*")
_EXTRAS = re.compile(r"\+[^0-9,;。()+]+(?:\+[^0-9,;。()+]+)*(?![0-9])")
_PAY_DAY = re.compile(
    r"(?:次日|当日|当天|工完|半月|日|周|月)结(?!算|束|余)(?:工资|薪资)?"
    r"|(?:每月|次月|当月|下月)?[0-9]{1,2}[日号]?(?:-[0-9]{1,2})?[日号](?:准时)?发(?:工资|薪|放)?"
    r"|(?:每月)?月底发(?:工资|薪)?"
)


def pay_basis(text: str) -> PayBasis:
    """Base pay, what is added, the employer's own monthly figure and the pay day, where the text states them."""
    words = plain(text)
    base = _BASE.search(words)
    extras = _EXTRAS.search(words)
    pay_day = _PAY_DAY.search(words)
    return PayBasis(
        base_text=base[0] if base and len(base[0]) <= 40 else None,
        extras_text=extras[0][:40] if extras else None,
        monthly=_monthly(words),
        pay_day=pay_day[0] if pay_day else None,
    )


def _monthly(words: str) -> Pay | None:
    """The monthly figure given beside pay by the hour, day or piece, or beside a base."""
    found = list(figures(words))
    main = _main(found, None)
    totals = [f for f in found if f.kind is FigureKind.TOTAL and f is not main and f.unit in (None, PayUnit.MONTH)]
    if not totals:
        return None
    try:
        return _checked(words[totals[0].start : totals[0].end], "", totals[0], PayUnit.MONTH)
    except (PayUnparseable, PayRangeReversed, PayNotPositive):
        return None


_PER_ZH = {
    PayUnit.MONTH: "月",
    PayUnit.DAY: "天",
    PayUnit.HOUR: "小时",
    PayUnit.PIECE: "件",
    PayUnit.YEAR: "年",
}
_YUAN_FEN = 100
_WAN_FEN = 10_000 * _YUAN_FEN


def show_pay(pay: Pay, language: Language = "zh") -> str:
    """The one form in which pages show pay (5,500–7,000 元/月); parse_pay reads it back."""
    if pay.negotiable:
        return "面议" if language == "zh" else "Negotiable"
    return _show_zh(pay) if language == "zh" else _show_en(pay)


def _show_zh(pay: Pay) -> str:
    factor, word = (_WAN_FEN, "万") if _in_wan(pay) else (_YUAN_FEN, "元")
    figure = f"{_range(pay, factor)} {word}"
    if pay.open_ended:
        figure += "以上"
    elif pay.min_fen is None:
        figure += "以下"
    months = f"·{pay.months}薪" if pay.months else ""
    return f"{figure}/{_PER_ZH[pay.unit]}{months}"


def _show_en(pay: Pay) -> str:
    figure = f"CNY {_range(pay, _YUAN_FEN)}"
    if pay.open_ended:
        figure += "+"
    elif pay.min_fen is None:
        figure = f"up to {figure}"
    months = f" × {pay.months}" if pay.months else ""
    return f"{figure}/{pay.unit}{months}"


def _in_wan(pay: Pay) -> bool:
    """Yearly pay is said in 万, as long as that needs no more than two decimals."""
    ends = [end for end in (pay.min_fen, pay.max_fen) if end is not None]
    return pay.unit is PayUnit.YEAR and all(end >= _WAN_FEN and end % (_WAN_FEN // 100) == 0 for end in ends)


def _range(pay: Pay, factor: int) -> str:
    ends = [end for end in (pay.min_fen, pay.max_fen) if end is not None]
    return "–".join(dict.fromkeys(_number(end, factor) for end in ends))


def _number(fen: int, factor: int) -> str:
    text = f"{Decimal(fen) / factor:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
