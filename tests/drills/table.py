"""How the outcomes of drills are printed."""

from collections.abc import Sequence

from tests.drills.drill import Found
from tests.drills.runner import Outcome

HEAD = ("Drill", "Trials", "Promise", "Result", "Control, which must fail", "Seconds")


def row(outcome: Outcome) -> str:
    """One line of the table, in Markdown."""
    cells = (
        outcome.drill,
        str(outcome.found.trials) if outcome.found else "–",
        outcome.promise,
        _result(outcome),
        _control(outcome),
        f"{outcome.seconds:.0f}",
    )
    return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"


def head() -> str:
    return "| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD)


def _result(outcome: Outcome) -> str:
    if outcome.skipped:
        return f"SKIPPED: {outcome.skipped}"
    if outcome.found is None:
        return f"**broken**: {outcome.failed}"
    kept = outcome.found.kept and not outcome.found.in_clear
    return ("kept" if kept else "**broken**") + f": {_said(outcome.found)}"


def _control(outcome: Outcome) -> str:
    if outcome.skipped:
        return "–"
    if outcome.control is None:
        return f"{outcome.wrong}: **not seen**" + (f" ({outcome.failed})" if outcome.found else "")
    return f"{outcome.wrong}: {_failed(outcome.control)}"


def _failed(control: Found) -> str:
    return ("**did not fail**" if control.kept else "failed") + f": {_said(control)}"


def _said(found: Found) -> str:
    return found.said + "".join(f"; **in clear** in {where}" for where in found.in_clear)


def verdict(outcomes: Sequence[Outcome], seconds: float) -> str:
    """The last line: how many kept their promise, which did not, and what each that was skipped went without."""
    kept = sum(outcome.good and not outcome.skipped for outcome in outcomes)
    broken = [outcome.drill for outcome in outcomes if not outcome.good]
    skipped = [f"{outcome.drill}: {outcome.skipped}" for outcome in outcomes if outcome.skipped]
    said = (f"{kept} kept", f"{len(broken)} broken{_listed(broken)}", f"{len(skipped)} skipped{_listed(skipped)}")
    return f"{', '.join(said)}; {seconds:.0f} s"


def _listed(names: Sequence[str]) -> str:
    return f" ({'; '.join(names)})" if names else ""
