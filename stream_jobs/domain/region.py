"""Which part of the country a workplace is in, by its words: the city (GB/T 2260), or the province."""

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import islice

# Names of levels that the standard keeps free: nobody writes them, and what is below them stands for itself.
_NO_PLACE = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
_PEOPLES = (
    "朝鲜族|土家族|苗族|藏族|羌族|彝族|布依族|侗族|哈尼族|壮族|傣族|白族|景颇族|傈僳族|回族|蒙古族|蒙古|哈萨克|柯尔克孜|"
    "维吾尔族?|满族|瑶族|仫佬族|毛南族|黎族|畲族|佤族|拉祜族|布朗族|纳西族|独龙族|怒族|普米族|裕固族|东乡族|保安族|撒拉族|"
    "土族|锡伯|塔吉克|达斡尔族|鄂伦春|鄂温克族|水族|仡佬族|各族"
)
_ENDING = re.compile(rf"(?:(?:{_PEOPLES})*(?:自治州|自治县|自治旗)|地区|林区|矿区|新区|市|盟|州|县|区|旗)$")
_PROVINCE = re.compile(r"(?:(?:壮族|回族|维吾尔)?自治区|省|市)$")
# 朝阳区 is not 朝阳市: a short name ends where another kind of place does not begin.
_KINDS = frozenset("省市州盟县区旗")
# A road, a house, a village or an estate is called after a place that it is not in: 中山路, 平安大厦, 江南工业园.
_CALLED_AFTER = re.compile(
    r"[东南西北中内外上下前后新老大]?[一二三四五六七八九十\d]*(?:路|街(?!口)|大道|巷|胡同)|里(?:$|\d|小区|社区)|"
    r"大厦|大楼|广场|社区|小区|新村|村|镇|乡|花园|公园|商场|市场|酒店|宾馆|饭店"
)
_ESTATE = re.compile(r"[东南西北中]?(?:工业|开发|产业|经济|高新|科技|物流|园区|创业)")
# Short names that mean another place, or something else, as often.
_OTHERS_TOO = frozenset({"朝阳", "合作", "东方", "江山", "灯塔", "新星", "白杨", "龙井", "白沙"})
_SHORTEST = 2
# A library of postings says the same few places over and over.
KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Region:
    """A city with its province, or a province, or a county that the province governs itself."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class _Names:
    """Which divisions a word may mean, by whole and by short names."""

    whole: Mapping[str, tuple[str, ...]]
    short: Mapping[str, tuple[str, ...]]

    def read(self, text: str) -> Iterator[tuple[str, str]]:
        """(name, code) of the longest that the text begins with and only one division has; whole names first."""
        for names, is_short in ((self.whole, False), (self.short, True)):
            for length in range(min(len(text), 12), _SHORTEST - 1, -1):
                name, rest = text[:length], text[length:]
                if len(found := names.get(name, ())) == 1 and not (
                    _goes_on(found[0], rest) if is_short else _is_market(name, rest)
                ):
                    yield name, found[0]


@lru_cache(KEPT)
def region_of(workplace: str) -> Region | None:
    """东莞长安 is 广东省东莞市, 昆山 is 江苏省苏州市, 内蒙古 the province. None where the words name no part of it."""
    text = re.sub(r"[\s,，、·\-—]+", "", unicodedata.normalize("NFKC", workplace)).removeprefix("中国")
    code = _found(text)
    return _region(code) if code else None


def _goes_on(code: str, rest: str) -> bool:
    """Whether what follows a short name makes it the name of something else: not where it goes on within the place."""
    whole = _divisions()[code]
    if rest[:1] in _KINDS and rest[:1] != whole[-1]:
        return True
    if _level(code) != "district" and _is_within(code, rest):
        return False
    return bool(_CALLED_AFTER.match(rest) or (not _stands_alone(code) and _ESTATE.match(rest)))


def _stands_alone(code: str) -> bool:
    """Whether people say its short name alone: of a city, of a town like 昆山, of a county of the province itself."""
    divisions = _divisions()
    return (
        _level(code) != "district"
        or divisions[code].endswith("市")
        or divisions.get(code[:4] + "00") == "省直辖县级行政区划"
    )


def _is_meant(name: str, code: str, text: str) -> bool:
    """朝阳双塔 is 朝阳市; 朝阳 alone is as likely a district of Beijing."""
    return name not in _OTHERS_TOO or (_level(code) == "city" and _is_within(code, text.removeprefix(name)))


def _is_within(code: str, rest: str) -> bool:
    """Whether what follows a province or a city is a place in it."""
    within = code[:2] if _level(code) == "province" else code[:4]
    return any(rest.startswith(name) for level in ("city", "district") for name in _names(level, within).short)


def _is_market(name: str, rest: str) -> bool:
    """合作市场 is not in 合作市."""
    return name.endswith("市") and rest.startswith("场")


@cache
def _divisions() -> Mapping[str, str]:
    """Names by code (GB/T 2260)."""
    lines = files("stream_jobs.domain").joinpath("divisions.csv").read_text("utf-8").splitlines()
    return {row["code"]: row["name"] for row in csv.DictReader(lines)}


@cache
def _names(level: str, within: str = "") -> _Names:
    """Of provinces, cities or districts whose code begins so."""
    whole: dict[str, tuple[str, ...]] = {}
    short: dict[str, tuple[str, ...]] = {}
    for code, name in _divisions().items():
        if _level(code) == level and code.startswith(within) and name not in _NO_PLACE:
            whole[name] = (*whole.get(name, ()), code)
            cut = (_PROVINCE if level == "province" else _ENDING).sub("", name)
            if len(cut) >= _SHORTEST:
                short[cut] = (*short.get(cut, ()), code)
    return _Names(whole, short)


def _level(code: str) -> str:
    if code.endswith("0000"):
        return "province"
    return "city" if code.endswith("00") else "district"


def _found(text: str) -> str | None:
    """Beginning with a province and then within it, or with a city, or with a county that no other has the name of.

    With nothing before it, a short name must be one that stands alone: 昆山, and neither 东城 nor 资源.
    """
    city = next(_names("city").read(text), None)
    province = next(_names("province").read(text), None)
    if city and _is_meant(*city, text) and (province is None or len(city[0]) > len(province[0])):
        return city[1]
    if province:
        name, code = province
        rest = text.removeprefix(name)
        for level in ("city", "district"):
            if inside := next(_names(level, code[:2]).read(rest), None):
                return inside[1]
        return code
    for name, code in islice(_names("district").read(text), 1):
        if name == _divisions()[code] or (_stands_alone(code) and _is_meant(name, code, text)):
            return code
    return None


def _region(code: str) -> Region:
    divisions = _divisions()
    province, city = code[:2] + "0000", code[:4] + "00"
    if code == province or divisions[province].endswith("市"):
        return Region(province, divisions[province])
    if divisions.get(city) in _NO_PLACE:
        return Region(code, divisions[province] + divisions[code])
    return Region(city, divisions[province] + divisions[city])
