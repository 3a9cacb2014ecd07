"""docs/metrics.md, written from the registry: `python -m stream_jobs.domain.metrics_page > docs/metrics.md`."""

import sys

from stream_jobs.domain.cut_names import CUTS
from stream_jobs.domain.metrics import SMALL_GROUP, UNITS, WINDOWS, Metric, every_metric

HEAD = f"""# Metrics

Every figure the product shows, exports or answers is one of these. The registry is `stream_jobs/domain/metrics.py`; API
(`GET /api/v1/metrics`), pages, files and this page are made from it.

How they are kept:

- A rate is two whole numbers until it is shown, then rounded half up to one decimal. With nothing to divide by it is –.
- Viewers are devices, applicants are phone numbers: the funnel counts devices, what comes after applying counts people.
- A step includes those before it: who opened a job without a report of having seen it counts as having seen it, told
  apart as *implied*. So no step exceeds the one before, and no rate exceeds 100 %.
- Distinct viewers of an employer are distinct over all its cards, never the sum over them. By channel, viewers and
  applications belong to the channel that brought the device first; visits to the link they came through.
- Applications that staff recorded (代录) have no device: they are in 报名份数 and 报名人数, in no step of the funnel.
- What arrived late but can be true is counted and told apart; what cannot be true is counted nowhere and told apart.
- What becomes of applications is counted in people, by what was marked and not undone. Each mark stands for those
  before it (入职 is also 约面试, 已联系, 有效), so none exceeds the one before; a correction takes nothing away.
- `since` is the version of this product that counted a figure first.
- Outcomes of fewer than {SMALL_GROUP} applicants (少于5人，不显示; the server may be set to another number) are not
  shown in the breakdowns of a show, nor in their files; nor are those of one more group, so that nobody subtracts
  what is shown from the sum. A whole show's outcomes are shown, however few applied; so are those of several shows
  together, by unit and by host, which the shows themselves would tell. Of a priority group is only told how many people
  applied, once nobody can any more, and never what became of them; and nothing where they or the others are fewer than
  the limit, which for groups is never below {SMALL_GROUP}.
- Rehearsals are in no figure: not in lists, forms or files. Their own report says so.
- Over several shows (a series, a unit with all beneath it, everything) devices, people and employers count once,
  however many of the shows they were in; shows, openings, visits and applications are added up. No page shows the sum
  of several shows' viewers. Units are as the tree stands now: one that moved took its shows along.
- By job, employer, place of work and channel over several shows, a device or person counts once in each line; what
  became of applicants is told by each show alone, since the difference of two sums may be a small group.
- A job that goes to another employer takes its devices along; applications stay with the employer they were sent to. An
  employer is told of in shows that have a job of its own now, so what was sent to it in another show is under none.
- A show is compared with the last five of its series before it, by the exact median; without a series with the last
  five of its unit, and where that has none, of the organisation: the page says which. While it is live its figures are
  not whole yet, and the page says so.
- A wall screen asks every 400 ms; its figures are counted anew at most four times a second, its curve every 5 s.
- A platform's own figures are typed in by hand or read from its file, and stand beside ours, never added.
- While a show is live the report is counted anew at most twice a second, and asked for every second by a page that
  someone looks at; one answer has all figures of one moment, which figures sent one by one would not.
"""

PROOF = """## Prove it

Anyone with the database can count everything again:

```
stream-jobs verify BROADCAST            # or a series, or --all; --json for {"compared": n, "differences": […]}
stream-jobs rebuild BROADCAST --dry-run # what would change if sums were made again; without --dry-run they are
```

`verify` reads the rows as they were stored (events, page loads, connections, applications and what was said of them,
stage log) with the plainest queries there are, a few at a time, and counts them in Python (`stream_jobs/verify/`): it
shares no query with what it checks, and one rule, which part of the country a workplace's words name
(`stream_jobs/domain/region.py`). It compares every sum that is kept, every figure of the report, of the console, of the
lists and of wall screens, of the comparison with earlier shows (which they are, each figure, the medians, the best and
the worst card), and every figure in the CSV tables and the workbook of both languages, in the form, and in a bureau's
own form filled in with a mark for each metric; of a series, and with `--all` of everything, of every unit and of some
days, the report (the whole, each show, each unit and each host), the lines of jobs, employers, places of work and
channels over all shows, and the files of both and of their shows; the same shows have the same files, which are read
once. A show is compared with earlier ones when these are counted too: by its series, or all. A difference names where
it is shown, the metric, the place (card, employer, channel, stretch of time …) and both figures; the exit status is 1
then. All of an organisation is read at one moment, so a show can be verified while it is live. Of a series, and of all,
the sums of distinct viewers over its shows are counted again too. Shows whose events were dropped when their months
were over are named: nothing of them can be counted any more, and their sums stay as they are. So is each series they
were in, and everything: what is kept of all its shows is not compared then, its report, lines and files are over the
shows of the days since.

Taken as they are: an event's verdict (not believed and why, late), which is judged once and stored with it; how many
of a priority group were erased, of whom nobody is left to count; the channel that brought a device first, which must
be one it came through; and where a report cuts time, of which only is checked that every moment is in one cut. Nobody
can count the console's peak again, the highest seen at a worker's beat; that of the report is exact.

`rebuild` makes reach and sums again from the events by the statement that counts them, and what was summed of
presence between the same edges, one show at a time; then those of series. Whoever counts something of that show
meanwhile waits and is counted once, or after ten seconds is told to come again: rebuild a show of millions of events
when it is over. What is right is left untouched. Both are run after every fault of the [drills](drills.md).
"""


TOLD = ("window", "since", "怎么算", "meaning")


def metrics_page() -> str:
    """The whole page, ending in a line break."""
    counts = [metric for metric in every_metric() if not metric.is_rate]
    rates = [metric for metric in every_metric() if metric.is_rate]
    parts = [
        HEAD,
        "## What counts as one\n\n" + _table(("unit", "中文", "counts"), [
            (unit.value, f"{zh}：{zh_one}", f"{en}: {en_one}") for unit, (zh, en, zh_one, en_one) in UNITS.items()
        ]),
        "## Windows\n\n" + _table(("window", "中文", "meaning"), [(w.value, *said) for w, said in WINDOWS.items()]),
        "## Counts\n\n" + _table(("key", "名称", "name", "counts", *TOLD), [_count(metric) for metric in counts]),
        "## Rates\n\n" + _table(("key", "名称", "name", "formula", *TOLD), [_rate(metric) for metric in rates]),
        "## Cuts\n\n" + _table(("key", "名称", "name", "怎么分", "meaning"), [
            (f"`{cut.key}`", cut.zh, cut.en, cut.zh_meaning, cut.en_meaning) for cut in CUTS
        ]),
        PROOF,
    ]  # fmt: skip
    return "\n".join(parts)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _count(metric: Metric) -> tuple[str, ...]:
    unit = metric.unit.value if metric.unit else ""
    return (f"`{metric.key}`", metric.zh, metric.en, unit, *_told(metric))


def _rate(metric: Metric) -> tuple[str, ...]:
    per = f" × {metric.per}" if metric.per != 1 else ""
    formula = f"`{metric.numerator}` ÷ `{metric.denominator}`{per}"
    return (f"`{metric.key}`", metric.zh, metric.en, formula, *_told(metric))


def _told(metric: Metric) -> tuple[str, ...]:
    return (metric.window.value, metric.since, metric.zh_meaning, metric.en_meaning)


if __name__ == "__main__":
    sys.stdout.write(metrics_page())
