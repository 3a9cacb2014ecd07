"""Unlawful and suspicious wording in job advertisements."""

import re

import pytest

from stream_jobs.domain.wording import Severity, blocking, check_wording
from stream_jobs.domain.wording_rules import RULES


def rules_of(text: str, gender_text: str | None = None) -> list[str]:
    return [finding.rule_id for finding in check_wording(text, gender_text)]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("限女性，18-35岁", "gender_female_only"),
        ("性别要求：男。", "gender_male_only"),
        ("男性，25岁以上", "gender_male_only"),
        ("未婚女性优先，已婚已育", "female_marital"),
        ("年龄：18-45", "age_limit"),
        ("35周岁以下", "age_35"),
        ("年满16周岁", "minor_worker_hazard"),
        ("15周岁以上", "child_labour"),
        ("１５周岁以上", "child_labour"),
        ("身高170CM以上", "height"),
        ("限本地户口", "hukou"),
        ("不要河南人", "region_ban"),
        ("要查乙肝两对半", "hbv_carrier"),
        ("押金200元", "deposit"),
        ("体检费自理50元", "training_fee"),
        ("费用218元从工资里扣除", "wage_deduct_fee"),
        ("上交身份证原件", "id_withhold"),
        ("在家刷单日结", "scam_task"),
        ("月入过万", "bait_pay"),
        ("不交社保", "no_contract"),
        ("试用期无工资", "probation_unpaid"),
    ],
)
def test_wording_is_found_by_its_rule(text: str, rule: str) -> None:
    assert rule in rules_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "男女不限，18周岁以上",
        "企业形象好",
        "需带户口本",
        "公司免费体检，不收任何押金",
        "工资保证金足额缴存",
        "结婚礼金、生日福利",
        "残疾人优先",
        "两班倒，包吃住，五险一金",
        "",
    ],
)
def test_ordinary_wording_blocks_nothing(text: str) -> None:
    """A rule that fires on welfare would make people ignore the rules."""
    assert blocking(check_wording(text)) == []


def test_exclusion_counts_only_in_its_own_clause() -> None:
    """不收押金 in one sentence does not excuse 押金200元 in the next."""
    assert "deposit" not in rules_of("入职不收押金")
    assert "deposit" in rules_of("入职不收押金。宿舍押金200元")


@pytest.mark.parametrize(
    ("gender", "expected"),
    [
        ("女", ["gender_female_only"]),
        ("限女性", ["gender_female_only"]),
        ("男", ["gender_male_only"]),
        ("男士", ["gender_male_only"]),
        ("不限", []),
        ("男女不限", []),
        ("男女", []),
        ("男/女", []),
        ("", []),
        (None, []),
    ],
)
def test_a_column_asking_for_the_sex_says_what_the_text_would(gender: str | None, expected: list[str]) -> None:
    assert rules_of("普工", gender) == expected


def test_each_rule_is_told_once_with_its_words_and_its_law() -> None:
    found = check_wording("只招女工，限女性", "女")

    assert [(f.rule_id, f.severity, f.matched) for f in found] == [("gender_female_only", Severity.BLOCK, "只招女")]
    assert found[0].legal_basis and found[0].reason and found[0].reason_en and found[0].blocks


def test_policy_preferences_are_allowed() -> None:
    found = check_wording("退伍军人优先")

    assert [(f.rule_id, f.severity) for f in found] == [("veteran_or_disabled_preference", Severity.ALLOW)]


def test_every_rule_is_complete_and_compiles() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES) == 28
    for rule in RULES:
        assert re.compile(rule.pattern) and re.compile(rule.excluded)
        assert Severity(rule.severity)
        assert rule.reason and rule.reason_en and rule.legal_basis
