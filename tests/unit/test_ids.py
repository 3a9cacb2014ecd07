"""Ids: what time they tell, and in which order they stand."""

from datetime import UTC, datetime

from stream_jobs.domain.ids import made_at, uuid7

AT = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


def test_ids_of_one_moment_stand_in_the_order_they_were_made() -> None:
    """However many: a show with two cards of one moment has a first and a second."""
    made = [uuid7(AT) for _ in range(10_000)]

    assert made == sorted(made) and len(set(made)) == len(made)
    assert {(one.version, one.variant, made_at(one)) for one in made} == {(7, "specified in RFC 4122", AT)}
