"""Where frames end in a stream of bytes (RFC 6455 §5.2)."""

from websockets.frames import apply_mask  # type: ignore[attr-defined]  # the fast one where it was built

WHOLE_TEXT = 0x81
"""First byte of a text frame that is a message by itself."""
FIN = 0x80
MASKED = 0x80
CONTROL = 0x08


def only_message(data: bytes, max_bytes: int) -> bytes | None:
    """The text of a message when these bytes are that one whole, masked message and nothing else."""
    if len(data) < 6 or data[0] != WHOLE_TEXT or not data[1] & MASKED:
        return None
    size, start = data[1] & 0x7F, 6
    if size == 126:
        size, start = int.from_bytes(data[2:4], "big"), 8
    # A longer one never comes in one piece, nor is it short enough to be taken.
    if size > min(max_bytes, 0xFFFF) or len(data) != start + size:
        return None
    return bytes(apply_mask(data[start:], data[start - 4 : start]))


class Boundaries:
    """Follows one connection's incoming bytes and knows when no frame and no message is half received."""

    __slots__ = ("_fragmented", "_head", "_left")

    def __init__(self) -> None:
        self._head = bytearray()
        self._left = 0
        self._fragmented = False

    def after(self, data: bytes) -> bool:
        """Whether these bytes end exactly between two messages."""
        at = 0
        while at < len(data):
            if self._left:
                step = min(self._left, len(data) - at)
                self._left -= step
                at += step
            else:
                missing = self._head_size() - len(self._head)
                self._head += data[at : at + missing]
                at += missing
                if len(self._head) == self._head_size():
                    self._enter_frame()
        return not self._left and not self._head and not self._fragmented

    def _head_size(self) -> int:
        """Of the frame header being read, as far as it is known by now."""
        if len(self._head) < 2:
            return 2
        extended = {126: 2, 127: 8}.get(self._head[1] & 0x7F, 0)
        return 2 + extended + (4 if self._head[1] & MASKED else 0)

    def _enter_frame(self) -> None:
        if not self._head[0] & CONTROL:
            self._fragmented = not self._head[0] & FIN
        size = self._head[1] & 0x7F
        if size >= 126:
            size = int.from_bytes(self._head[2 : 4 if size == 126 else 10], "big")
        self._left = size
        self._head.clear()
