"""The shape of a great show's applications."""

import pytest

from stream_jobs.bench.storm import BURST, waves


def test_waves_rise_to_ten_times_the_average_and_sum_up() -> None:
    """However short the show is made, its rates stay what they were."""
    due = waves(24_000, 1_000.0)

    assert len(due) == 24_000
    assert due == sorted(due)
    in_burst = sum(200 <= offset < 225 for offset in due)
    assert in_burst == pytest.approx(24 * BURST * 25, rel=0.01)
