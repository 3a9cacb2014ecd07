"""The words people write into 联系结果."""

import pytest

from stream_jobs.domain.following import Reason, State
from stream_jobs.domain.people_sheet.results import OFFERED, Result, is_nothing_yet, read_result

UNDERSTOOD = {
    "已联系": Result(State.CONTACTED),
    "联系过了": Result(State.CONTACTED),
    "打通了": Result(State.CONTACTED),
    "电话打通，考虑一下": Result(State.CONTACTED),
    "√": Result(State.CONTACTED),
    "没人接": Result(done="no_answer"),
    "无人接听": Result(done="no_answer"),
    "打不通": Result(done="no_answer"),
    "联系不上": Result(done="no_answer"),
    "关机": Result(done="no_answer"),
    "第一次没人接，后来打通了": Result(State.CONTACTED),
    "加了微信": Result(done="message"),
    "约面试": Result(State.INTERVIEW),
    "已约周三面试": Result(State.INTERVIEW),
    "明天过来看看": Result(State.INTERVIEW),
    "打通了，下周一过来面试": Result(State.INTERVIEW),
    "约了面试，没来": Result(State.NO_SHOW),
    "爽约": Result(State.NO_SHOW),
    "面试通过": Result(State.OFFER),
    "已录用": Result(State.OFFER),
    "下周一入职": Result(State.OFFER),
    "待入职": Result(State.OFFER),
    "已入职": Result(State.HIRED),
    "３号已上班": Result(State.HIRED),
    "已入职，联系过": Result(State.HIRED),
    "满7天": Result(State.RETAINED_7D),
    "在岗7天": Result(State.RETAINED_7D),
    "在岗30天": Result(State.RETAINED_30D),
    "没到场": Result(State.NO_SHOW),
    "在职一周": Result(State.RETAINED_7D),
    "满３０天": Result(State.RETAINED_30D),
    "做满一个月": Result(State.RETAINED_30D),
    "不来了": Result(State.REJECTED, Reason.NOT_INTERESTED),
    "打通了不来了": Result(State.REJECTED, Reason.NOT_INTERESTED),
    "已找到工作": Result(State.REJECTED, Reason.NOT_INTERESTED),
    "嫌工资低": Result(State.REJECTED, Reason.PAY),
    "太远了": Result(State.REJECTED, Reason.PLACE),
    "不合适": Result(State.REJECTED, Reason.OTHER),
    "面试没通过": Result(State.REJECTED, Reason.OTHER),
    "未录用": Result(State.REJECTED, Reason.OTHER),
    "空号": Result(State.REJECTED, Reason.UNREACHABLE),
    "招满了": Result(State.REJECTED, Reason.FULL),
    "Hired": Result(State.HIRED),
    "no answer": Result(done="no_answer"),
}


@pytest.mark.parametrize("said", UNDERSTOOD)
def test_words_are_understood_as_people_mean_them(said: str) -> None:
    """Negatives, plans and afterthoughts included."""
    assert read_result(said) == UNDERSTOOD[said]


@pytest.mark.parametrize("said", ["", "入职？", "张三", "未入职", "12月", "见备注"])
def test_what_is_not_said_plainly_is_no_result(said: str) -> None:
    """Better a row to correct than somebody hired by mistake."""
    assert read_result(said) is None


@pytest.mark.parametrize("said", ["未联系", "还没打", "待联系", "没有联系"])
def test_nothing_done_yet_is_told_apart(said: str) -> None:
    assert is_nothing_yet(said)


def test_a_reason_of_its_own_cell_is_taken() -> None:
    assert read_result("不合适", "没有经验") == Result(State.REJECTED, Reason.EXPERIENCE)


def test_every_word_offered_in_the_list_is_understood() -> None:
    assert all(read_result(word) for word in OFFERED)
