"""What travels in one message between processes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conversations.generation.parcels import parcels

KIB = 1024
SIZES = st.sampled_from([0, 1, 100 * KIB, 255 * KIB, 256 * KIB, 600 * KIB])


@given(sizes=st.lists(SIZES, max_size=12))
def test_everything_leaves_in_order_and_no_message_grows_without_need(sizes: list[int]) -> None:
    waiting = [(number, bytes(size)) for number, size in enumerate(sizes)]
    sent = list(parcels(waiting))
    assert [each for taken in sent for each in taken] == waiting
    for taken in sent:
        assert taken
        assert sum(len(body) for _, body in taken[:-1]) < 256 * KIB
    for taken in sent[:-1]:
        assert sum(len(body) for _, body in taken) >= 256 * KIB
