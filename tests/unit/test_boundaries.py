"""Where frames end, told from any cut of the bytes."""

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from realtime.boundaries import Boundaries

messages = st.lists(
    st.tuples(st.sampled_from([0, 1, 125, 126, 127, 300, 65535, 65536]), st.integers(1, 3)), min_size=1, max_size=4
)


def _bytes(size: int, fragments: int) -> bytes:
    """One text message as a browser sends it, in so many frames."""
    parts = [Frame(Opcode.TEXT if n == 0 else Opcode.CONT, b"x" * size, n == fragments - 1) for n in range(fragments)]
    return b"".join(part.serialize(mask=True) for part in parts)


@given(messages, st.data())
def test_a_boundary_is_seen_exactly_at_the_end_of_each_message(
    sizes: list[tuple[int, int]], data: st.DataObject
) -> None:
    """However the network cuts the stream, nothing half received is taken for whole."""
    encoded = [_bytes(*size) for size in sizes]
    ends = {sum(map(len, encoded[: n + 1])) for n in range(len(encoded))}
    stream = b"".join(encoded)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(stream)), max_size=8)) | {len(stream)})

    boundaries, at = Boundaries(), 0
    for cut in cuts:
        assert boundaries.after(stream[at:cut]) == (cut in ends)
        at = cut


def test_a_control_frame_inside_a_message_does_not_end_it() -> None:
    """A ping between two fragments leaves the message open."""
    boundaries = Boundaries()

    assert not boundaries.after(Frame(Opcode.TEXT, b"a", False).serialize(mask=True))
    assert not boundaries.after(Frame(Opcode.PING, b"").serialize(mask=True))
    assert boundaries.after(Frame(Opcode.CONT, b"b", True).serialize(mask=True))
