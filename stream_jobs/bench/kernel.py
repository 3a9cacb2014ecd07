"""What the kernel holds for sockets of this machine, read from /proc."""

from collections.abc import Iterator

from stream_jobs.bench.cpu import PROC

ESTABLISHED = "01"


def unsent_bytes(port: int) -> Iterator[int]:
    """For each connection that the server at this port holds: what its peer has not acknowledged (SIOCOUTQ)."""
    ours = f":{port:04X}"
    with (PROC / "net" / "tcp").open() as table:
        next(table)
        for line in table:
            _, local, _, state, queues, *_ = line.split(maxsplit=5)
            if state == ESTABLISHED and local.endswith(ours):
                yield int(queues.partition(":")[0], 16)
