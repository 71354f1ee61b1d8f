"""Which turns of a branch go to the upstream."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conversations.history.prompt import File, Picture, Turn, prompt, with_files

turns = st.builds(Turn, st.sampled_from(["user", "assistant"]), st.text(max_size=9), st.text(max_size=9), st.booleans())


def test_instructions_come_first_and_blank_ones_not_at_all() -> None:
    question = Turn("user", "hello")

    assert prompt([question], instructions="Be brief.") == [Turn("system", "Be brief."), question]
    assert prompt([question], instructions=" \n") == [question]


def test_answers_without_text_are_left_out_and_their_questions_stay() -> None:
    first, failed, second = Turn("user", "one"), Turn("assistant", "", "only thought"), Turn("user", "two")

    assert prompt([first, failed, second]) == [first, second]


def test_answers_that_the_filter_removed_are_not_sent_back() -> None:
    question, withheld = Turn("user", "one"), Turn("assistant", "half an ans", withheld=True)

    assert prompt([question, withheld, Turn("user", "two")]) == [question, Turn("user", "two")]


def test_reasoning_goes_along_verbatim() -> None:
    answer = Turn("assistant", "42", "  let me\n\nthink ")

    assert prompt([Turn("user", "?"), answer])[1] == answer


@given(st.lists(turns), st.text(max_size=9))
def test_the_rules_hold_for_any_branch(branch: list[Turn], instructions: str) -> None:
    sent = prompt(branch, instructions=instructions)

    assert sent == prompt(iter(branch), instructions=instructions)
    spoken = [turn for turn in sent if turn.role != "system"]
    assert [turn for turn in spoken if turn.role == "user"] == [turn for turn in branch if turn.role == "user"]
    assert all(turn.text and not turn.withheld for turn in spoken if turn.role == "assistant")
    remaining = iter(branch)
    assert all(any(turn is candidate for candidate in remaining) for turn in spoken)


@given(st.lists(turns), turns)
def test_a_longer_branch_begins_with_the_same_bytes(branch: list[Turn], turn: Turn) -> None:
    """So that the upstream's cache hits."""
    assert prompt([*branch, turn])[: len(prompt(branch))] == prompt(branch)


VIEW = File("view.png", picture=Picture("image/png", b"pixels"))
NOTES = File("notes.txt", "Tea at five.")


def test_files_stand_before_the_question_in_their_order() -> None:
    turn = with_files("When?", [VIEW, NOTES], sees=True)

    text = "[file name]: notes.txt\n[file content begin]\nTea at five.\n[file content end]"
    assert turn == Turn(
        "user", f"[image]: view.png\n{text}\nWhen?", pictures=(Picture("image/png", b"pixels"),), words="When?"
    )
    assert with_files(" ", [NOTES], sees=True).text == text


def test_a_model_that_does_not_see_is_told_of_the_image() -> None:
    turn = with_files("What?", [VIEW], sees=False)

    assert turn.pictures == ()
    assert turn.text == "[image]: view.png (it cannot be shown to this model)\nWhat?"


@given(st.text(max_size=9), st.lists(st.builds(File, st.text(max_size=9), st.text(max_size=9)), max_size=3))
def test_the_same_files_give_the_same_bytes(text: str, files: list[File]) -> None:
    turn = with_files(text, files, sees=True)

    assert turn == with_files(text, list(files), sees=False)
    assert all(file.text in turn.text for file in files)
    assert files or turn == Turn("user", text)
