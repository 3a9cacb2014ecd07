"""Headings as 快手, 抖音 and 视频号 write them in what they let people download."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from stream_jobs.domain.job_sheet.grid import Grid
from stream_jobs.domain.job_sheet.text import cell_text

MAX_HEADING = 40


class Field(StrEnum):
    """What a column can say; the metrics are those a platform's page shows."""

    TITLE = "title"
    STARTED = "started"
    VIEWS = "views"
    VIEWERS = "viewers"
    PEAK = "peak"
    LIKES = "likes"
    COMMENTS = "comments"
    SHARES = "shares"
    NEW_FOLLOWERS = "new_followers"
    LEADS = "leads"


METRICS: tuple[Field, ...] = tuple(field for field in Field if field not in (Field.TITLE, Field.STARTED))

_ROOM = r"(?:直播间?|累计|总|本场|场次|场均|live)*"
# The first that fits wins; None is a column of no use to us, such as a rate, an average or a share.
_HEADINGS: tuple[tuple[Field | None, re.Pattern[str]], ...] = tuple(
    (field, re.compile(pattern))
    for field, pattern in (
        (None, r".*(?:率|占比|人均|平均|均值|时长|环比|同比|曝光|金额|gmv|订单|礼物|音浪|排名|间隔).*"),
        (None, r".*(?:rate|average|duration).*"),
        (None, r"(?:关播|下播|结束|直播结束)(?:时间|日期)|.*(?:end|ended)(?:time|at)?"),
        (Field.STARTED, r"(?:开播|直播开始|开始|直播|场次)?(?:时间|日期)|start(?:ed)?(?:time|at)?|date|time"),
        (Field.TITLE, rf"{_ROOM}(?:标题|名称|主题|场次名称|直播场次)|场次|title|name"),
        (Field.NEW_FOLLOWERS, rf"{_ROOM}(?:新增|净增|涨)(?:粉丝|关注|粉)(?:量|数|人数)?|涨粉(?:数|量)?|newfollowers?"),
        (Field.LEADS, rf"{_ROOM}(?:留资|线索|表单提交|报名线索|简历投递)(?:数|量|人数|次数)?|leads?"),
        (Field.PEAK, rf"{_ROOM}(?:最高|峰值|人气峰值|最大)(?:同时)?(?:在线|人气|在线观看)?(?:人数|数|峰值)?"),
        (Field.PEAK, r"peak(?:viewers|concurrent)?|pcu"),
        (Field.VIEWS, rf"{_ROOM}(?:观看|看播|场观|进入|进房)(?:总)?(?:次数|人次|量|pv)|场观|(?:live)?views?|pv"),
        (Field.VIEWERS, rf"{_ROOM}(?:观看|看播|进入|进房|观众)(?:总)?(?:人数|用户数|uv|数)|(?:unique)?viewers?|uv"),
        (Field.LIKES, rf"{_ROOM}(?:点赞|喝彩)(?:数|量|次数)?|likes?"),
        (Field.COMMENTS, rf"{_ROOM}(?:评论|弹幕)(?:数|量|次数)?|comments?"),
        (Field.SHARES, rf"{_ROOM}(?:分享|转发)(?:数|量|次数)?|shares?"),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """A header: its row, and the first column of each kind."""

    row: int
    columns: Mapping[Field, int]


def heading(text: str) -> Field | None:
    if len(text) > MAX_HEADING:
        return None
    label = re.sub(r"[\s_]+", "", unicodedata.normalize("NFKC", text)).casefold()
    label = re.sub(r"[(\[【<].*?[)\]】>]", "", label).strip("*※:.,;、-")
    return next((field for field, pattern in _HEADINGS if pattern.fullmatch(label)), None)


def find_layout(grid: Grid, row: int) -> Layout | None:
    """The header in this row: a figure, and which show or when, or another figure."""
    columns: dict[Field, int] = {}
    for number in grid.filled(row):
        value = grid.typed(row, number)
        field = heading(cell_text(value)) if isinstance(value, str) else None
        if field is not None:
            columns.setdefault(field, number)
    return Layout(row, columns) if len(columns) >= 2 and set(columns) & set(METRICS) else None
