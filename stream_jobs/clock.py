"""The one clock: every stored time comes from it, by way of the action that stores it."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)
