"""Unlawful or suspicious wording in a job advertisement, found by rule."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from stream_jobs.domain.wording_rules import RULES, Rule


class Severity(StrEnum):
    """What a finding means: block imports but cannot be pushed, warn and notice only tell, allow clears up."""

    BLOCK = "block"
    WARN = "warn"
    NOTICE = "notice"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that one advertisement breaks, with the words that broke it."""

    rule_id: str
    severity: Severity
    category: str
    matched: str
    reason: str
    reason_en: str
    legal_basis: str

    @property
    def blocks(self) -> bool:
        """Whether the job may not be pushed until it is corrected or overridden with a recorded reason."""
        return self.severity is Severity.BLOCK


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: Rule
    pattern: re.Pattern[str]
    excluded: re.Pattern[str] | None


_HALF_WIDTH_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
_CLAUSE_END = re.compile(r"[。；;！!？?\n]")


def check_wording(text: str, gender_text: str | None = None) -> list[Finding]:
    """What the rules find in an advertisement, at most one finding per rule, in the order of the rules.

    gender_text is the content of a column asking for the sex: 女 there says the same as 限女性 in the text.
    """
    plain = text.translate(_HALF_WIDTH_DIGITS)
    found = {rule.rule.id: hit for rule in _compiled() if (hit := _first_hit(rule, plain)) is not None}
    found |= _gender_hits(gender_text, found)
    return [_finding(rule.rule, found[rule.rule.id]) for rule in _compiled() if rule.rule.id in found]


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    """Those that keep a job from being pushed."""
    return [finding for finding in findings if finding.blocks]


@cache
def _compiled() -> tuple[_Compiled, ...]:
    return tuple(
        _Compiled(
            rule,
            re.compile(rule.pattern, re.MULTILINE),
            re.compile(rule.excluded) if rule.excluded else None,
        )
        for rule in RULES
    )


def _first_hit(compiled: _Compiled, text: str) -> str | None:
    for match in compiled.pattern.finditer(text):
        if compiled.excluded is None or not compiled.excluded.search(_clause_around(text, match)):
            return match[0].strip()
    return None


def _clause_around(text: str, match: re.Match[str]) -> str:
    start = max((end.end() for end in _ends_before(text, match.start())), default=0)
    end = _CLAUSE_END.search(text, match.end())
    return text[start : end.start() if end else len(text)]


def _ends_before(text: str, position: int) -> Iterator[re.Match[str]]:
    return _CLAUSE_END.finditer(text, max(0, position - 200), position)


_ONE_SEX = {"男": "gender_male_only", "女": "gender_female_only"}


def _gender_hits(gender_text: str | None, found: dict[str, str]) -> dict[str, str]:
    said = gender_text or ""
    named = [word for word in _ONE_SEX if word in said]
    if len(named) != 1 or re.search(r"不限|均可|都可|皆可", said):
        return {}
    rule_id = _ONE_SEX[named[0]]
    return {} if rule_id in found else {rule_id: f"性别：{named[0]}"}


def _finding(rule: Rule, matched: str) -> Finding:
    return Finding(
        rule_id=rule.id,
        severity=Severity(rule.severity),
        category=rule.category,
        matched=matched,
        reason=rule.reason,
        reason_en=rule.reason_en,
        legal_basis=rule.legal_basis,
    )
