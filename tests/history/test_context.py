"""The context budget: prompts stay within it, and grow at their end alone between two summaries."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.history.context import (
    LOW,
    Measured,
    exchange_ends,
    is_high,
    longest_summary,
    portion,
    prompt_size,
    shortened,
    size,
    step,
)
from conversations.history.prompt import Turn, prompt

BUDGET = 2000
INSTRUCTIONS = "Be brief."


def question(tokens: int, number: int = 0) -> Turn:
    return Turn("user", f"q{number} " + "x" * round(tokens / 0.3))


def answer(tokens: int, number: int = 0) -> Turn:
    return Turn("assistant", f"a{number} " + "y" * round(tokens / 0.3))


def chat(*sizes: int) -> list[Turn]:
    return [answer(each, index) if index % 2 else question(each, index) for index, each in enumerate(sizes)]


@dataclass
class Chat:
    """A conversation that grows as the real one does: send, answer, and a summary when the prompt is high."""

    budget: int
    turns: list[Turn] = field(default_factory=list)
    summary: str = ""
    covered: int = 0
    summaries: int = 0

    def prompt(self) -> list[Turn]:
        return prompt(self.turns[self.covered :], instructions=INSTRUCTIONS, summary=self.summary)

    def exchange(self, asked: int, said: int) -> list[Turn]:
        """Returns what was sent for the question."""
        self.turns.append(question(asked, len(self.turns)))
        sent = self.prompt()
        self.turns.append(answer(said, len(self.turns)))
        while is_high(prompt_size(self.prompt()), self.budget) and self.summarize():
            pass
        return sent

    def summarize(self) -> bool:
        fixed = prompt_size(prompt([], instructions=INSTRUCTIONS, summary=self.summary))
        taken = step(self.turns[self.covered :], fixed=fixed, budget=self.budget)
        if taken is None:
            return False
        self.covered += taken
        self.summaries += 1
        self.summary = f"{self.summaries} " + "s" * round(longest_summary(self.budget) / 0.3 - 40)
        return True


exchanges = st.lists(st.tuples(st.integers(1, 150), st.integers(1, 350)), min_size=1, max_size=60)


@given(exchanges)
def test_prompts_stay_within_the_budget_and_grow_at_their_end(sizes: list[tuple[int, int]]) -> None:
    conversation = Chat(BUDGET)
    before: list[Turn] = []
    steps = 0
    for asked, said in sizes:
        sent = conversation.exchange(asked, said)
        assert prompt_size(sent) <= BUDGET
        assert sent[0] == Turn("system", INSTRUCTIONS)
        assert sent[-1] is conversation.turns[-2], "what was asked last goes out word by word"
        if steps == conversation_steps(sent):
            assert sent[: len(before)] == before
        before, steps = sent, conversation_steps(sent)


def conversation_steps(sent: list[Turn]) -> int:
    """Which summary a prompt begins with."""
    marked = sent[1].text.rsplit("\n\n", 1)[-1].split(" ")[0] if len(sent) > 1 else ""
    return int(marked) if marked.isdigit() else 0


@given(exchanges)
def test_steps_are_big(sizes: list[tuple[int, int]]) -> None:
    """Each takes in at least an eighth of the budget, so that a prefix serves for many answers."""
    conversation = Chat(BUDGET)
    for asked, said in sizes:
        conversation.exchange(asked, said)
    assert conversation.summaries <= sum(map(size, conversation.turns)) / (BUDGET / 8)


mixed = st.lists(
    st.builds(Turn, st.sampled_from(["user", "assistant"]), st.text(max_size=400), st.just(""), st.booleans()),
    max_size=30,
)


@given(mixed, st.integers(0, 3000), st.integers(0, 3000))
def test_a_summary_ends_with_an_answer_and_leaves_the_last_question(turns: list[Turn], fixed: int, room: int) -> None:
    taken = step(turns, fixed=fixed, budget=1000, room=room)
    if taken is None:
        return
    assert taken in exchange_ends(turns)
    questions = len(turns) - next(
        (index for index, turn in enumerate(reversed(turns)) if turn.role == "assistant"), len(turns)
    )
    assert taken <= questions, "questions without an answer stay"


@given(mixed, st.integers(0, 400))
def test_a_request_for_a_summary_fits(turns: list[Turn], fixed: int) -> None:
    budget = 2000
    taken = portion(turns, fixed=fixed, budget=budget)
    covered = shortened(turns[:taken], fixed=fixed, budget=budget)
    assert len(covered) == taken
    assert fixed + sum(map(size, covered)) + longest_summary(budget) <= budget
    assert taken == 0 or taken == len(turns) or taken in exchange_ends(turns)


def test_a_step_leaves_about_a_quarter_word_by_word() -> None:
    turns = chat(*[90] * 16)
    taken = step(turns, fixed=0, budget=BUDGET)
    assert taken is not None
    left = sum(map(size, turns[taken:]))
    assert BUDGET * LOW * 0.5 < left <= BUDGET * LOW


def test_the_last_answer_stays_unless_it_is_huge() -> None:
    assert step(chat(100, 600, 100, 700), fixed=0, budget=BUDGET) == 2
    assert step(chat(100, 100, 100, 1300), fixed=0, budget=BUDGET) == 4


def test_little_is_not_summarized_but_for_a_message_that_needs_the_room() -> None:
    turns = chat(50, 50, 50, 50)
    assert step(turns, fixed=0, budget=BUDGET) is None
    assert step(turns, fixed=0, budget=BUDGET, room=1900) is not None
    assert step([question(5000)], fixed=0, budget=BUDGET) is None


def test_a_turn_that_is_too_long_to_be_summarized_loses_its_middle() -> None:
    turns = [question(10_000), answer(20)]
    cut = shortened(turns, fixed=100, budget=BUDGET)
    assert cut[0].text.startswith("q0 ")
    assert "[…]" in cut[0].text
    assert cut[1] == turns[1]


@pytest.mark.parametrize(("measured", "expected"), [(None, 2 * 4 + 30 + 60), (Measured(1, 500), 500 + 60 + 4)])
def test_what_was_measured_counts_and_the_rest_is_estimated(measured: Measured | None, expected: int) -> None:
    assert prompt_size([Turn("user", "x" * 100), Turn("assistant", "y" * 200)], measured) == expected


def test_reasoning_and_what_is_not_sent_count_nothing() -> None:
    assert size(Turn("assistant", "", "thought " * 100)) == 0
    assert size(Turn("assistant", "text", "thought", withheld=True)) == 0
    assert size(Turn("assistant", "text", "thought " * 100)) == size(Turn("assistant", "text"))
