"""The registry of metrics: one place for every figure, complete in both languages."""

import re
from fractions import Fraction
from pathlib import Path
from typing import get_args

import pytest

from admin import assets
from admin.api.report import registry
from admin.columns import one_decimal, percent
from admin.report_book import show_columns
from admin.report_tables import APPLIED, FORM_COLUMNS, REACHED, Part
from stream_jobs.domain.cut_names import CUTS
from stream_jobs.domain.cuts import CutLine, Cuts
from stream_jobs.domain.metrics import (
    FUNNEL,
    METRICS,
    OF_LINES,
    UNITS,
    WINDOWS,
    Metric,
    Ratio,
    ShownAs,
    Unit,
    Window,
    every_metric,
)
from stream_jobs.domain.metrics_page import metrics_page
from stream_jobs.domain.priority import PriorityLine
from stream_jobs.domain.report import (
    Apart,
    Applied,
    CardLine,
    ChannelLine,
    EmployerLine,
    Figures,
    Reached,
    RegionLine,
    TimeLine,
)
from stream_jobs.domain.series import SeriesFigures, SeriesReport
from stream_jobs.ports import PlatformMetric
from stream_jobs.ports.desk import CardFigures
from stream_jobs.verify.files import words_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
DEFINITIONS = Path(assets.__file__).parent / "static" / "js" / "organiser" / "definitions.js"
NAMES = {metric.zh for metric in every_metric()}
# Whole numbers that count nothing: a card's own, a limit.
NO_METRIC = {"number", "hidden_below"}


def test_page_is_what_the_registry_says() -> None:
    """Whoever changes a metric writes the page anew: python -m stream_jobs.domain.metrics_page > docs/metrics.md."""
    assert PAGE.read_text(encoding="utf-8") == metrics_page()


@pytest.mark.parametrize("metric", every_metric(), ids=lambda metric: metric.key)
def test_every_metric_stands_in_the_page_under_both_names(metric: Metric) -> None:
    """A figure nobody can look up is a figure nobody can check."""
    line = next(
        line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{metric.key}` |")
    )

    assert f"| {metric.zh} | {metric.en} |" in line
    assert metric.zh_meaning in line and metric.en_meaning in line


def test_no_key_and_no_name_stands_for_two_metrics() -> None:
    """岗位数 and 岗位条数 are two figures with two names; so are all others."""
    metrics = list(every_metric())

    for told in ("key", "zh", "en"):
        assert len({getattr(metric, told) for metric in metrics}) == len(metrics), told


@pytest.mark.parametrize("metric", every_metric(), ids=lambda metric: metric.key)
def test_a_metric_counts_units_or_divides_two_that_do(metric: Metric) -> None:
    """A rate names two counts of the registry; a count says what one is."""
    if metric.is_rate:
        terms = [METRICS[key] for key in (metric.numerator, metric.denominator) if key]
        assert len(terms) == 2 and not any(term.is_rate for term in terms)
    else:
        assert metric.unit is not None


def test_rate_says_both_its_terms_in_its_definition() -> None:
    """点开率 = 点开的人 ÷ 看到的人."""
    assert METRICS["click_rate"].definition("zh-CN").startswith("点开率 = 点开的人 ÷ 看到的人。")
    assert METRICS["click_rate"].definition("en").startswith("Open rate = those who opened it ÷ those who saw it.")
    assert "× 1,000" in METRICS["applications_per_thousand"].definition("zh-CN")


def test_count_says_what_counts_as_one_and_in_which_window() -> None:
    """人次 is not 人."""
    visits = METRICS["visits"].definition("zh-CN")

    assert UNITS[Unit.VISIT][2] in visits and WINDOWS[Window.PUBLISHED][0] in visits


FIGURES = (
    *(Figures, Applied, Reached, Apart, CardLine, EmployerLine, RegionLine, ChannelLine, TimeLine, PriorityLine),
    *(SeriesFigures, CutLine, CardFigures),
)


def test_every_figure_of_a_report_is_a_metric() -> None:
    """The API shows nothing that the registry does not define: of shows, of their lines, of several, or on air."""
    told = {name for shape in FIGURES for name, field in shape.model_fields.items() if is_figure(field.annotation)}

    assert told - NO_METRIC <= set(METRICS)
    assert set(Reached.model_fields) <= told
    assert {f"platform_{metric}" for metric in get_args(PlatformMetric)} <= set(METRICS)
    assert {f"push_{name}" for name in ("impressions", "clicks", "applications")} <= set(METRICS)
    assert {*APPLIED, *REACHED} <= set(METRICS)
    assert {metric for _, metric, *_ in FUNNEL} <= set(METRICS)
    assert {key for _, key in FORM_COLUMNS if key} <= set(METRICS)


def is_figure(annotation: object) -> bool:
    """A whole number, or one that may be missing; flags, moments, names and what is made of other shapes are none."""
    return annotation in (int, int | None)


def test_api_pages_exports_and_docs_list_the_same_metrics() -> None:
    """The page of definitions shows what the API lists; a line of the export has a column for each; so has the docs."""
    keys = [metric.key for metric in every_metric()]
    counts, cuts = (re.findall(r"^\| `(\w+)` \|", part, re.M) for part in PAGE.read_text("utf-8").split("## Cuts"))
    columns = show_columns(words_of("zh-CN"))

    assert [metric.key for metric in registry().metrics] == keys
    assert 'useLoad("/api/v1/metrics")' in DEFINITIONS.read_text(encoding="utf-8")
    assert [column for column in columns if column in NAMES] == [METRICS[key].zh for key in keys if key not in OF_LINES]
    assert (sorted(counts), cuts) == (sorted(keys), [cut.key for cut in CUTS])
    assert all(metric.since for metric in every_metric())


# What the figures of shows must be able to say, each under the key it has here.
ASKED = {
    "visits", "visitors", "effective_views", "watching",
    "peak", "average_watching", "watch_ms", "impressions", "clicks",
    "calls", "apply_starts", "applications", "appliers", "applicants", "valid", "contacted", "interview", "offered",
    "hired", "retained_7d", "retained_30d", "applications_per_thousand", "applications_in_live",
    "applications_within_7_days", "cards", "openings", "presented",
    *(f"{what}_seconds_{of}" for what in ("apply", "contact", "hire") for of in ("median", "p90")),
}  # fmt: skip


def test_every_table_of_a_report_is_a_cut_under_its_registered_name() -> None:
    """Pages, files, API and docs break figures down in the same ways and call them the same."""
    of_a_show = [part.value for part in Part if part is not Part.SUMMARY]
    told = {**Cuts.model_fields, **SeriesReport.model_fields}
    of_several = [name for name in ("workplaces", "shows", "units", "hosts") if name in told]
    assert [cut.key for cut in CUTS] == [*of_a_show, *of_several]
    assert [cut.key for cut in registry().cuts] == [cut.key for cut in CUTS]
    words = words_of("zh-CN")
    assert [words.t(f"organiser.report.part.{part}") for part in of_a_show] == [c.zh for c in CUTS[: len(of_a_show)]]


def test_everything_that_is_asked_for_has_a_metric_and_other_denominators_make_other_metrics() -> None:
    """Hired of applied is not hired of interviewed; clicks over those who saw are not clicks over visitors."""
    terms = {key: (metric.numerator, metric.denominator) for key, metric in METRICS.items() if metric.is_rate}

    assert set(METRICS) >= ASKED
    assert (terms["hired_rate"], terms["hired_of_interviewed"]) == (("hired", "applicants"), ("hired", "interview"))
    assert (terms["click_rate"], terms["click_share"]) == (("clicks", "impressions"), ("clicks", "visitors"))
    assert len(set(terms.values())) == len(terms)


def test_an_average_of_lengths_is_no_share() -> None:
    """Only what divides a part by its whole is told in percent."""
    told = {key: METRICS[key].shown_as for key in ("visits", "click_rate", "applications_per_thousand", "watch_ms")}

    assert told == {
        "visits": ShownAs.NUMBER,
        "click_rate": ShownAs.PERCENT,
        "applications_per_thousand": ShownAs.NUMBER,
        "watch_ms": ShownAs.MILLISECONDS,
    }
    assert METRICS["average_watching"].shown_as is ShownAs.NUMBER
    assert METRICS["average_watch_ms"].shown_as is ShownAs.MILLISECONDS


def test_ratio_keeps_its_integers_and_is_exact() -> None:
    """Nothing is rounded before it is shown."""
    ratio = METRICS["applications_per_thousand"].ratio(58, 3571)

    assert (ratio.numerator, ratio.denominator, ratio.value) == (58, 3571, Fraction(58_000, 3571))
    assert one_decimal(ratio) == "16.2"


@pytest.mark.parametrize(
    ("numerator", "denominator", "said"),
    [(688, 2611, "26.4%"), (1, 16, "6.3%"), (247, 2000, "12.4%"), (1, 1, "100.0%"), (0, 7, "0.0%"), (3, 0, None)],
)
def test_percent_is_rounded_half_up_from_the_exact_fraction(numerator: int, denominator: int, said: str | None) -> None:
    """247 of 2000 is 12.35 %, which as a float is a little less."""
    assert percent(Ratio(numerator=numerator, denominator=denominator)) == said
