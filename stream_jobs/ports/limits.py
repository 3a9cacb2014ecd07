"""How often callers may do what costs something."""

from collections.abc import Sequence
from typing import Protocol

from stream_jobs.domain.pace import Rule


class Limits(Protocol):
    async def take(self, rule: Rule, scope: str, keys: Sequence[str]) -> None:
        """Counts one request in a bucket for each pace of the rule, or in none of them.

        `keys` name the buckets within the scope, in the order of the rule's paces.
        Raises TooMany, saying after how many seconds there is room again.
        """
