"""Messages to telephones: which there are, and their words."""

from collections.abc import Mapping
from enum import StrEnum

from stream_jobs.domain.text import clean_name

# A gateway cuts what is longer; a name that somebody typed must not push the number to call out of the message.
LONGEST = 30


class NoticeKind(StrEnum):
    """LIST_WAITING: an employer's list was not collected; PEOPLE_DUE: applicants nobody called yet; ONE_TIME_CODE."""

    LIST_WAITING = "list_waiting"
    PEOPLE_DUE = "people_due"
    ONE_TIME_CODE = "one_time_code"


_TEXTS = {
    NoticeKind.LIST_WAITING: (
        "【{organisation}】{employer}：直播“{broadcast}”有{people}人报名贵单位岗位，名单已备好，还没有领取。"
        "请与我们联系：{call}。"
    ),
    NoticeKind.PEOPLE_DUE: ("【{organisation}】{employer}：今天有{people}位报名的人等着贵单位联系，请尽快联系。"),
    NoticeKind.ONE_TIME_CODE: "【{organisation}】验证码{code}，{minutes}分钟内有效。不是本人操作请不用理会。",
}


def notice_text(kind: NoticeKind, params: Mapping[str, str]) -> str:
    """The message as a person reads it. Raises KeyError when a word of it is missing."""
    return _TEXTS[kind].format_map({name: (clean_name(value) or "")[:LONGEST] for name, value in params.items()})
