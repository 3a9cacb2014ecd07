"""The money figures of a Chinese job advertisement: what each amounts to, per what, and which of them are wages."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

MAX_TEXT = 1000
# One hundred million yuan: whatever is above was a telephone number or a register number.
MAX_FEN = 10**10


class PayUnit(StrEnum):
    MONTH = "month"
    DAY = "day"
    HOUR = "hour"
    PIECE = "piece"
    YEAR = "year"


class FigureKind(StrEnum):
    """What a figure is said to be; the order is the order in which one is taken as the pay."""

    PLAIN = "plain"
    TOTAL = "total"
    TRIAL = "trial"
    BASE = "base"
    OTHER = "other"  # a fee, an allowance, a bonus: never a wage


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure or range of the text; fen, exact or rounded down; min is None for "at most"."""

    min_fen: int | None
    max_fen: int | None
    unit: PayUnit | None
    kind: FigureKind
    has_extras: bool
    start: int
    end: int

    @property
    def ends(self) -> list[int]:
        """The one or two amounts that are known."""
        return [fen for fen in (self.min_fen, self.max_fen) if fen is not None]


_NUMERALS = dict(zip("零一二两三四五六七八九", "01223456789", strict=True))
_DIGIT_WORD = "[一二两三四五六七八九]"
_DASHES = re.compile(r"[-‐‑‒–—―−~〜_─━]+")


def plain(text: str) -> str:
    """The text without spaces, full-width forms, thousands separators and Chinese numerals; one kind of dash."""
    text = re.sub(r"[①-⑳⑴-⒇]", ";", text[:MAX_TEXT])
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"[\u200b-\u200f\u2060\ufeff]", "", text)
    text = re.sub(r"(?<![\d.])\d{1,3}(?: \d{3})+(?![\d.])", lambda m: m[0].replace(" ", ""), text)
    text = re.sub(r"(?<=\d)\s+(?=\d)", ";", text.strip())
    text = _DASHES.sub("-", re.sub(r"\s+", "", text))
    text = re.sub(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?!\d)", lambda m: m[0].replace(",", ""), text)
    text = _arabic(text)
    text = re.sub(r"(?<=[0-9万千百kKwW元月天日时年件])[至到](?=[0-9¥])", "-", text)
    # "3.3000-3500元" is the third point of a list.
    return re.sub(r"(?<!\d)\d\.(?=\d{4,}(?!\d*万))", "", text)


def _arabic(text: str) -> str:
    text = re.sub(f"({_DIGIT_WORD})({_DIGIT_WORD})(?=[百千万])", lambda m: f"{_NUMERALS[m[1]]}-{m[2]}", text)
    text = re.sub(f"{_DIGIT_WORD}(?=[百千万])", lambda m: _NUMERALS[m[0]], text)
    text = re.sub(f"(?<=[千万]){_DIGIT_WORD}", lambda m: _NUMERALS[m[0]], text)
    return re.sub(r"(?<![一二两三四五六七八九十\d])十(?=万)", "10", text)


_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_TAIL = r"[0-9][千百]?(?![0-9.个人名天岁薪月年险休班小号日])"
_MONEY = r"(?:元人民币|元|块钱|块|圆|rmb|yuan|cny)"
_UNIT_WORDS: tuple[tuple[PayUnit, str], ...] = (
    (PayUnit.MONTH, r"个?月|months?|mo"),
    (PayUnit.HOUR, r"个?小时|钟头|hours?|hr|h|时"),
    (PayUnit.DAY, r"工作日|工日|天|日|days?|班次?|晚|工"),
    (PayUnit.YEAR, r"年|years?|yr"),
    (
        PayUnit.PIECE,
        r"pieces?|pcs|平方米?|平米|立方|课时|公斤|件|根|个|单|只|条|套|片|双|米|吨|箱|包|票|次|台|节|场|趟|车|斤|份|张|方|把|块|对|打|盒|袋|支|瓶|亩|筐|捆|棵|户|篇|字|本",
    ),
)
_KNOWN_UNIT = "|".join(f"(?:{words})" for _, words in _UNIT_WORDS)
_UNIT = rf"(?:(?:/|每|一)(?:人[/·]?|每人)?(?P<{{0}}>{_KNOWN_UNIT}|[\u4e00-\u9fff]))"
_OPEN = r"(?:及?以上|起步?|\+)"
_AMOUNT = rf"(?P<n{{0}}>{_NUMBER})(?:(?P<m{{0}}>[万千百kw])(?P<t{{0}}>{_TAIL})?)?"
_ABOUT = r"(?:左右|上下|不等)?"

_FIGURE = re.compile(
    rf"(?P<most>最高可?达?|不超过|upto)?(?P<least>不低于|不少于|至少|最低)?(?:¥|cny|rmb)?{_AMOUNT.format(1)}"
    rf"(?:{_MONEY}?{_UNIT.format('u1')}?-(?:¥|cny|rmb)?{_AMOUNT.format(2)})?"
    rf"{_ABOUT}(?P<open1>{_OPEN})?(?P<below1>及?以下|以内|封顶)?\(?(?P<money>{_MONEY})?(?P<open2>{_OPEN})?"
    rf"(?P<below2>及?以下|以内|封顶)?{_ABOUT}{_UNIT.format('u2')}?{_ABOUT}(?P<open3>{_OPEN})?(?P<below3>及?以下|以内|封顶)?",
    re.IGNORECASE,
)
_SCALE = {"万": 10000, "w": 10000, "千": 1000, "k": 1000, "百": 100}

_CLAUSE_END = re.compile(r"[,;。!?、()\[\]【】|·*#✓+=]")
_FEE = r"费|押金|保证金|扣|罚|承担|自理|缴|需交|房租|伙食|水电|床上用品|住宿|宿舍|月票|仅需|住房|收取|餐"
_EXTRA = (
    r"津贴|补贴|补助|餐补|房补|奖|年资|工龄|全勤|满勤|加班|夜班|社保|公积金|红包|利是|话费|充值|价值|经费|慰问|提成|绩效|递增|增加|加给|另加"
    r"|双休|法定|国定|节日|节假日|周末|周六|平时"
)
_OTHER = re.compile(f"{_FEE}|{_EXTRA}")
_OTHER_AFTER = re.compile(
    r"(?:的)?(?:岗位|住房|高温|夜班|伙食|交通|通讯|全勤|绩效|住宿|生活|餐费|饭|工龄|环境|综合)?(?:津贴|补贴|补助|奖|餐补|房补|餐|饭|话费|开工利是|节日慰问)"
    r"|的?(?:住宿|水电|体检|伙食|培训|服装|报名|管理|中介|介绍)费"
    r"|[,于从在由需]*(?:个人|员工)?(?:工资|薪资)[里中内]?.{0,6}扣|社保卡|入职充值|/(?:人|床|餐|位)"
)
_WAGE_WORD = re.compile(r"薪资|月薪|待遇|收入")
_KINDS: tuple[tuple[FigureKind, re.Pattern[str]], ...] = (
    (FigureKind.BASE, re.compile(r"底薪|基本工资|基础工资|固定工资|保底|无责|基薪|起薪|basepay")),
    (FigureKind.TRIAL, re.compile(r"试用|实习|学徒|培训期|见习")),
    (FigureKind.TOTAL, re.compile(r"综合|月入|收入|到手|平均工资|月均|总工资|日入")),
)
_SPOKEN_UNITS: tuple[tuple[PayUnit, re.Pattern[str]], ...] = (
    (PayUnit.HOUR, re.compile(r"时薪|小时工资|每小时")),
    (PayUnit.DAY, re.compile(r"日薪|日工资|每天|每日|日均|日入|一天|天薪")),
    (PayUnit.YEAR, re.compile(r"年薪|年收入|每年|年入|年综合")),
    (PayUnit.MONTH, re.compile(r"月薪|月入|每月|月收入|月均|月工资|月综合|月到手")),
    (PayUnit.PIECE, re.compile(r"每件|每单|单价|每个")),
)
_TOTAL_OF_PARTS = re.compile(r"^[^0-9,;。]*\+[^0-9,;。]*$")


def figures(text: str) -> Iterator[Figure]:
    """All figures of a text that went through plain(), in order, fees and allowances marked OTHER."""
    end = 0
    for match in _FIGURE.finditer(text):
        # Part of a word or a longer number, a head count, an age, a number of months: not money.
        if _is_not_money(text, match):
            continue
        before = text[end : match.start()]
        end = match.end()
        yield _figure(text, match, before)


_NOT_MONEY_AFTER = re.compile(
    r"[0-9]*(?:[、)]|薪(?!资)|个月|人|名|岁|险|%|点|号|日发|次|周|楼|公里|cm|休|小时(?:制|工作)|[:.][0-9])"
)


def _is_not_money(text: str, match: re.Match[str]) -> bool:
    if match["u1"] or match["u2"] or match["money"] or match["m1"]:
        return False
    if _NOT_MONEY_AFTER.match(text, match.end("n2") if match["n2"] else match.end("n1")):
        return True
    # The factor in "CNY 4,500/month × 13" and the month in "3月发".
    return text[max(0, match.start() - 1) : match.start()] in ("×", "x", "*", ":") and len(match["n1"]) <= 2


def _figure(text: str, match: re.Match[str], before: str) -> Figure:
    low: int | None
    low, high = _amounts(match)
    is_open = bool(match["open1"] or match["open2"] or match["open3"] or match["least"])
    has_extras = text[match.end() - 1 : match.end()] == "+" and bool(re.match(r"[^\W\d_]", text[match.end() :]))
    has_extras = has_extras or text[match.end() : match.end() + 1] == "+"
    if high is None:
        if match["most"] or match["below1"] or match["below2"] or match["below3"]:
            low, high = None, low
        elif not is_open:
            high = low
    return Figure(
        min_fen=low,
        max_fen=high,
        unit=_unit(match, before),
        kind=_kind(text, match, before),
        has_extras=has_extras,
        start=match.start(),
        end=match.end(),
    )


def _amounts(match: re.Match[str]) -> tuple[int, int | None]:
    second = match["m2"]
    first = match["m1"]
    if second and not first and _shares_scale(Decimal(match["n1"]), Decimal(match["n2"])):
        first = second
    low = _fen(match["n1"], first, match["t1"])
    high = _fen(match["n2"], second, match["t2"]) if match["n2"] else None
    return low, high


def _shares_scale(low: Decimal, high: Decimal) -> bool:
    """The 4 of "4-8千" is 4千; the 3000 of "3000-1万" is not 3000万."""
    return low < 100 or low <= high


def _fen(number: str, scale: str | None, tail: str | None) -> int:
    factor = _SCALE[scale.lower()] if scale else 1
    yuan = Decimal(number) * factor
    if tail:
        yuan += Decimal(tail[0]) * (_SCALE[tail[1]] if len(tail) > 1 else Decimal(factor) / 10)
    # Down, so that a piece rate below a fen never promises more than was written.
    return int((min(yuan, Decimal(MAX_FEN)) * 100).to_integral_value(ROUND_DOWN))


def _unit(match: re.Match[str], before: str) -> PayUnit | None:
    word = match["u2"] or match["u1"]
    if word:
        for unit, pattern in _UNIT_WORDS:
            if re.match(rf"(?:{pattern})", word, re.IGNORECASE):
                return unit
        return None
    clause = _CLAUSE_END.split(before)[-1]
    return next((unit for unit, pattern in _SPOKEN_UNITS if pattern.search(clause)), None)


def _kind(text: str, match: re.Match[str], before: str) -> FigureKind:
    clause = _CLAUSE_END.split(before)[-1]
    for kind, pattern in _KINDS:
        if pattern.search(clause):
            return kind
    if (match["u2"] or match["u1"]) and not _has_known_unit(match):
        return FigureKind.OTHER
    if _OTHER_AFTER.match(text, match.end()):
        return FigureKind.OTHER
    if before.endswith("("):
        return _kind_in_brackets(before)
    if _OTHER.search(_WAGE_WORD.split(clause)[-1]):
        # "底薪+提成4000-6000" is what the parts add up to.
        is_sum = match.start() > 0 and _TOTAL_OF_PARTS.match(text[: match.start()]) and not re.search(_FEE, clause)
        return FigureKind.TOTAL if is_sum else FigureKind.OTHER
    return FigureKind.PLAIN


def _kind_in_brackets(before: str) -> FigureKind:
    """满勤奖(200元/月) is a bonus; 底薪3000+提成(6000-8000元/月) is what it comes to."""
    said = _WAGE_WORD.split(_CLAUSE_END.split(before[:-1])[-1])[-1]
    if re.search(r"提成|绩效", said):
        return FigureKind.TOTAL
    return FigureKind.OTHER if _OTHER.search(said) else FigureKind.PLAIN


def _has_known_unit(match: re.Match[str]) -> bool:
    return _unit(match, "") is not None
