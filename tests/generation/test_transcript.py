"""Snapshot + frames = text, whatever the order of adding, framing, saving and attaching."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conversations.generation.transcript import Piece, Transcript, fold

texts = st.text(alphabet=st.sampled_from("ab\r\n\u2028é漢😀 "), max_size=6)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("text"), texts),
        st.tuples(st.just("reasoning"), texts),
        st.tuples(st.sampled_from(["frame", "save", "attach"]), st.just("")),
    ),
    max_size=40,
)


@given(before=st.tuples(texts, texts), steps=steps)
def test_snapshot_and_frames_make_the_text(before: tuple[str, str], steps: list[tuple[str, str]]) -> None:
    transcript = Transcript(reasoning=before[0], text=before[1])
    added = list(before)
    shown = [(transcript.snapshot(), list[Piece]())]
    saved = list(before)
    for step, content in [*steps, ("frame", ""), ("save", "")]:
        if step == "text":
            transcript.add(text=content)
            added[1] += content
        elif step == "reasoning":
            transcript.add(reasoning=content)
            added[0] += content
        elif step == "frame":
            piece = transcript.take_frame()
            for _, pieces in shown if piece is not None else []:
                assert piece is not None
                pieces.append(piece)
        elif step == "attach":
            shown.append((transcript.snapshot(), []))
        elif (unsaved := transcript.unsaved()) is not None:
            saved[0] += unsaved.reasoning
            saved[1] += unsaved.text
            transcript.mark_saved(unsaved.seq)
    for snapshot, pieces in shown:
        assert snapshot.reasoning + "".join(piece.reasoning for piece in pieces) == added[0]
        assert snapshot.text + "".join(piece.text for piece in pieces) == added[1]
        assert [piece.seq for piece in pieces] == list(range(snapshot.seq + 1, transcript.seq + 1))
    assert saved == added


@given(pieces=st.lists(texts.filter(bool), max_size=12), seen=st.integers(-1, 14))
def test_who_has_seen_some_frames_gets_just_the_others(pieces: list[str], seen: int) -> None:
    transcript = Transcript()
    for piece in pieces:
        transcript.add(text=piece)
        transcript.take_frame()
    missed = transcript.missed(seen, most=10)
    if not 0 <= seen <= len(pieces) or len(pieces) - seen > 10:
        assert missed is None
    else:
        assert missed is not None
        assert [piece.text for piece in missed] == pieces[seen:]


def test_nothing_new_makes_no_frame() -> None:
    transcript = Transcript(text="before")
    assert transcript.take_frame() is None
    assert transcript.unsaved() is None
    assert transcript.snapshot() == Piece(0, "", "before")


def test_a_late_save_does_not_go_back() -> None:
    transcript = Transcript()
    for letter in "abc":
        transcript.add(text=letter)
        transcript.take_frame()
    transcript.mark_saved(2)
    transcript.mark_saved(1)
    assert transcript.unsaved() == Piece(3, "", "c", 0, 2)


@given(
    base=texts,
    letters=st.lists(texts.filter(bool), min_size=1, max_size=12),
    heard=st.lists(st.booleans(), min_size=12, max_size=12),
)
def test_checkpoints_fold_to_the_text_also_when_a_commit_was_not_heard_of(
    base: str, letters: list[str], heard: list[bool]
) -> None:
    transcript = Transcript(text=base)
    rows = [Piece(0, "", base)]
    for letter, was_heard in zip(letters, heard, strict=False):
        transcript.add(text=letter)
        transcript.take_frame()
        piece = transcript.unsaved()
        assert piece is not None
        rows.append(piece)
        if was_heard:
            transcript.mark_saved(piece.seq)
    assert fold(rows) == ("", base + "".join(letters))


def test_with_a_lost_checkpoint_the_known_text_ends() -> None:
    rows = [Piece(1, "why", "ab"), Piece(3, "", "ef", 3, 4), Piece(4, "", "gh", 3, 6)]
    assert fold(rows) == ("why", "ab")
    assert fold([]) == ("", "")
