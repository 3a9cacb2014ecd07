"""What stands for a priority group where it is stored."""

import hashlib
import hmac
from collections.abc import Collection
from functools import lru_cache

from stream_jobs.domain.ids import OrgId
from stream_jobs.domain.priority import Priority

TENANTS = 10_000


class PriorityTags:
    """A number for each group, another one in each organisation: without the pepper nobody knows which is which."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.of_tenant = lru_cache(TENANTS)(self._of_tenant)

    def _of_tenant(self, org_id: OrgId) -> dict[Priority, int]:
        key = hmac.digest(self._secret, org_id.bytes, "sha256")
        return {one: _number(key, one) for one in Priority}

    def tags(self, org_id: OrgId, groups: Collection[Priority]) -> list[int]:
        return sorted(self.of_tenant(org_id)[one] for one in groups)

    def groups(self, org_id: OrgId, tags: Collection[int]) -> frozenset[Priority]:
        return frozenset(one for one, tag in self.of_tenant(org_id).items() if tag in tags)


def _number(key: bytes, group: Priority) -> int:
    return int.from_bytes(hashlib.blake2b(group.encode(), digest_size=4, key=key).digest(), "big", signed=True)
