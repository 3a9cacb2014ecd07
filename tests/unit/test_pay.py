"""Pay as employers write it: what is understood, what is refused, what pages show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_jobs.domain.pay import (
    Language,
    Pay,
    PayNotPositive,
    PayRangeReversed,
    PayUnit,
    PayUnparseable,
    parse_pay,
    pay_basis,
    show_pay,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("5500-7000元/月，底薪2500", "5,500–7,000 元/月"),
        ("6000～7500/月", "6,000–7,500 元/月"),
        ("24元/小时，综合6000-6900", "24 元/小时"),
        ("5000—6500", "5,000–6,500 元/月"),
        ("5.8千-7.2千", "5,800–7,200 元/月"),
        ("200元/天，日结", "200 元/天"),
        ("8000以上", "8,000 元以上/月"),
        ("8000元/月以上", "8,000 元以上/月"),
        ("8000以上 元/月", "8,000 元以上/月"),
        ("至少5000元", "5,000 元以上/月"),
        ("计件，月入4000-6000", "4,000–6,000 元/月"),
        ("2800-3500（学徒期3个月）", "2,800–3,500 元/月"),
        ("4,000-5,000", "4,000–5,000 元/月"),
        ("4500-5500·13薪", "4,500–5,500 元/月·13薪"),
        ("4200-5200+提成", "4,200–5,200 元/月"),
        ("底薪2500+提成", "2,500 元以上/月"),
        ("底薪3000+提成（6000-8000元/月）", "6,000–8,000 元/月"),
        ("底薪+提成5000-8000元/月", "5,000–8,000 元/月"),
        ("8千-1.2万·13薪", "8,000–12,000 元/月·13薪"),
        ("1.5-2万·13薪", "15,000–20,000 元/月·13薪"),
        ("12-18万/年", "12–18 万/年"),
        ("年薪12万", "12 万/年"),
        ("0.35元/根", "0.35 元/件"),
        ("7元/单起，月入6000-9000", "7 元以上/件"),
        ("350-420元/天", "350–420 元/天"),
        ("300元/工日", "300 元/天"),
        ("4500元/人/月", "4,500 元/月"),
        ("4千5", "4,500 元/月"),
        ("1万5千", "15,000 元/月"),
        ("三千五到四千五", "3,500–4,500 元/月"),
        ("四五千", "4,000–5,000 元/月"),
        ("0.45万", "4,500 元/月"),
        ("10-15K·14薪", "10,000–15,000 元/月·14薪"),
        ("3000-1万", "3,000–10,000 元/月"),
        ("５０００－８０００", "5,000–8,000 元/月"),
        (" 3317\n-4220元 ", "3,317–4,220 元/月"),
        ("2800至3400元", "2,800–3,400 元/月"),
        ("2500元/月～4500元/月不等", "2,500–4,500 元/月"),
        ("3千及以下", "3,000 元以下/月"),
        ("3万及以下/年", "3 万以下/年"),
        ("时薪25", "25 元/小时"),
        ("试用期3000，转正后4000-5000", "4,000–5,000 元/月"),
        ("1、薪资：10000-15000元2、福利：五险一金", "10,000–15,000 元/月"),
        ("3.3000-3500元/月", "3,000–3,500 元/月"),
        ("8000-12000*13", "8,000–12,000 元/月·13薪"),
        ("5 000-7 000", "5,000–7,000 元/月"),
        ("4000-5000元，夜班津贴15元/天，住宿费50元/月", "4,000–5,000 元/月"),
        ("面议", "面议"),
        ("面 议", "面议"),
        ("工资面谈。", "面议"),
    ],
)
def test_pay_is_shown_in_the_one_form_however_it_was_written(text: str, shown: str) -> None:
    """What people write comes out in the one way pages show money."""
    assert show_pay(parse_pay(text)) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("5500-7000元/月", "CNY 5,500–7,000/month"),
        ("4500-5500·13薪", "CNY 4,500–5,500/month × 13"),
        ("8000以上", "CNY 8,000+/month"),
        ("3千及以下", "up to CNY 3,000/month"),
        ("12-18万/年", "CNY 120,000–180,000/year"),
        ("0.35元/根", "CNY 0.35/piece"),
        ("面议", "Negotiable"),
    ],
)
def test_pay_is_shown_in_english_too(text: str, shown: str) -> None:
    assert show_pay(parse_pay(text), "en") == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "待遇优厚",
        "计件，多劳多得",
        "详谈见公告",
        "体检费50元",
        "职前体检(体检费自理50元/人)",
        "费用218元从工资里扣除",
        "床上用品210元,于个人薪资中扣除",
        "住宿费50元/月",
        "每月支付100元的住宿费",
        "夜班津贴（8元/晚）",
        "全勤奖200元/月",
        "500元/周",
    ],
)
def test_fees_allowances_and_promises_are_no_pay(text: str) -> None:
    """A fee taken for a wage would be the worst misreading."""
    with pytest.raises(PayUnparseable):
        parse_pay(text)


@pytest.mark.parametrize("text", ["4-5000", "200", "20-40万", "138000000000"])
def test_a_figure_that_may_mean_two_things_is_asked_about(text: str) -> None:
    """4000 or a slip, a day or a month, a month or a year: not guessed."""
    with pytest.raises(PayUnparseable):
        parse_pay(text)


@pytest.mark.parametrize("text", ["0", "0元/月", "-500", "0-3000元/月"])
def test_pay_must_be_positive(text: str) -> None:
    with pytest.raises(PayNotPositive):
        parse_pay(text)


def test_reversed_range_is_refused() -> None:
    with pytest.raises(PayRangeReversed):
        parse_pay("6000-3500元/月")


def test_pay_keeps_the_text_beside_what_it_means() -> None:
    pay = parse_pay(" 1.5-2万·13薪 ")

    assert pay == Pay(text="1.5-2万·13薪", min_fen=1_500_000, max_fen=2_000_000, unit=PayUnit.MONTH, months=13)


def test_heading_says_what_bare_figures_mean() -> None:
    """年薪（万元） over 12-18 and 日薪（元） over 200."""
    assert show_pay(parse_pay("12-18", PayUnit.YEAR, 10_000)) == "12–18 万/年"
    assert show_pay(parse_pay("200", PayUnit.DAY)) == "200 元/天"
    assert show_pay(parse_pay("25元/小时", PayUnit.MONTH)) == "25 元/小时"
    assert show_pay(parse_pay("120000元", PayUnit.YEAR, 10_000)) == "12 万/年"


def test_a_piece_rate_below_a_fen_never_promises_more() -> None:
    assert parse_pay("0.128元/件").min_fen == 12


@pytest.mark.parametrize(
    ("text", "base", "extras", "monthly", "pay_day"),
    [
        ("5500-7000元/月，底薪2500", "底薪2500", None, None, None),
        ("24元/小时，综合6000-6900，10日发", None, None, "6,000–6,900 元/月", "10日发"),
        ("200元/天，日结", None, None, None, "日结"),
        ("7元/单起，月入6000-9000", None, None, "6,000–9,000 元/月", None),
        ("底薪2500+提成", "底薪2500", "+提成", None, None),
        ("4200-5200+提成", None, "+提成", None, None),
        ("5000-6000，每月15号发工资", None, None, None, "每月15号发工资"),
        ("5000-6000", None, None, None, None),
    ],
)
def test_basis_says_what_stands_behind_the_pay(
    text: str, base: str | None, extras: str | None, monthly: str | None, pay_day: str | None
) -> None:
    """Base, extras, the employer's own monthly figure and pay day, and nothing that was not written."""
    basis = pay_basis(text)

    assert (basis.base_text, basis.extras_text, basis.pay_day) == (base, extras, pay_day)
    assert (show_pay(basis.monthly) if basis.monthly else None) == monthly


LOWEST = {PayUnit.MONTH: 500_00, PayUnit.YEAR: 1000_00}


@st.composite
def pays(draw: st.DrawFn) -> Pay:
    """Every shape of pay that parse_pay can give."""
    unit = draw(st.sampled_from(PayUnit))
    shape = draw(st.sampled_from(["single", "range", "open", "below", "negotiable"]))
    if shape == "negotiable":
        return Pay("", None, None, negotiable=True)
    amounts = st.integers(LOWEST.get(unit, 1), 9_999_999)
    low, high = sorted((draw(amounts), draw(amounts)))
    months = draw(st.none() | st.integers(12, 24)) if unit is PayUnit.MONTH else None
    match shape:
        case "single":
            return Pay("", low, low, unit, months)
        case "open":
            return Pay("", low, None, unit, months, open_ended=True)
        case "below":
            return Pay("", None, high, unit, months)
    return Pay("", low, high, unit, months)


@given(pays(), st.sampled_from(["zh", "en"]))
def test_what_is_shown_reads_back_the_same(pay: Pay, language: Language) -> None:
    """A page's own words pasted into a workbook import as the same pay."""
    shown = show_pay(pay, language)

    again = parse_pay(shown)

    expected = (pay.min_fen, pay.max_fen, pay.unit, pay.months, pay.negotiable, pay.open_ended)
    assert (again.min_fen, again.max_fen, again.unit, again.months, again.negotiable, again.open_ended) == expected


WORDS = st.lists(
    st.sampled_from(
        [
            *"0123456789.-—~～至到/元月天时年万千百kK+（）()，,、·薪以上下起面议五三两× \n",
            "提成",
            "底薪",
            "费",
            "综合",
            "每",
        ]
    ),
    max_size=30,
).map("".join)


@given(WORDS | st.text(max_size=60), st.sampled_from([None, *PayUnit]), st.sampled_from([1, 1000, 10_000]))
def test_no_text_raises_anything_but_the_pay_errors(text: str, unit: PayUnit | None, scale: int) -> None:
    try:
        pay = parse_pay(text, unit, scale)
    except (PayUnparseable, PayRangeReversed, PayNotPositive):
        return
    ends = [end for end in (pay.min_fen, pay.max_fen) if end is not None]
    assert pay.negotiable == (not ends)
    assert all(end > 0 for end in ends) and ends == sorted(ends)
    assert pay_basis(text) is not None and show_pay(pay) and show_pay(pay, "en")
