"""JavaScript as browsers get it: without comments and idle space, each statement on the line where it was.

They are a third of what our modules weigh when compressed. Names stay, and so does every line's number: what a browser
reports can be looked up in the source.
"""

from __future__ import annotations

import re

_PIECE = re.compile(
    r"""
    (?P<space>\s+)
    | (?P<comment>//[^\n]*|/\*[\s\S]*?\*/)
    | (?P<string>"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*')
    | (?P<word>[\w$\#]+)
    | (?P<regex>/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])*/[a-z]*)
    | (?P<other>[^"'`\\])
    """,
    re.VERBOSE,
)
_CHARACTERS = re.compile(r"(?:\\[\s\S]|\$(?!\{)|[^`\\$])*")
"""Of a template literal, up to its end or to what is put into it."""
_LEGAL = re.compile(r"/\*!|@license|@preserve")
_BEFORE_REGEX = {
    *("return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "do", "else", "instanceof", "yield"),
    "await",
}
"""Words behind which a slash begins a regular expression; behind every other word or value it divides."""

_ENDS_OF_VALUES = frozenset("_$)]}\"'`")
_APART = frozenset("{}()[];,:?=<>&|*%!~^ \n")
"""Next to these no space is needed. (`+ +`, `- -` and `/ /` would become something else.)"""


class NotUnderstood(ValueError):
    """This text is no JavaScript that can be told apart into its pieces."""


def slim(source: str) -> str:
    """The same program. Comments that carry a licence stay. Raises `NotUnderstood`."""
    return _Reading(source).run()


class _Reading:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._made: list[str] = []
        self._last = ""
        """What stood last, spaces and comments apart."""
        self._apart = False
        """Whether there was a space, or a comment, behind it."""
        self._braces: list[int] = []
        """For each template literal that is open around this place, how many braces are open inside of it."""

    def run(self) -> str:
        while self._at < len(self._source):
            if self._source[self._at] == "`":
                self._template(self._at + 1)
            elif self._braces and self._braces[-1] == 0 and self._source[self._at] == "}":
                self._braces.pop()
                self._template(self._at + 1)
            else:
                self._piece()
        if self._braces:
            raise NotUnderstood("a template literal does not end")
        return "".join(self._made)

    def _piece(self) -> None:
        found = _PIECE.match(self._source, self._at)
        if found is None:
            raise NotUnderstood(f"at character {self._at}")
        kind, text = found.lastgroup, found[0]
        if kind == "regex" and not self._may_begin_regex():
            kind, text = "other", "/"
        self._at += len(text)
        if kind == "space" or (kind == "comment" and not _LEGAL.search(text)):
            self._rest(text)
        else:
            self._count_braces(text)
            self._put(text)

    def _template(self, start: int) -> None:
        """Its characters from `start` on, as they are."""
        found = _CHARACTERS.match(self._source, start)
        end = found.end() if found else start
        closing = self._source[end : end + 1]
        if closing not in ("`", "$"):
            raise NotUnderstood("a template literal does not end")
        end += 1 if closing == "`" else 2
        if closing == "$":
            self._braces.append(0)
        self._put(self._source[self._at : end])
        # Behind "${" an expression begins, behind the whole literal one has ended.
        self._last = "`" if closing == "`" else "("
        self._at = end

    def _count_braces(self, text: str) -> None:
        if self._braces and text in ("{", "}"):
            self._braces[-1] += 1 if text == "{" else -1

    def _put(self, text: str) -> None:
        before = self._made[-1][-1:] if self._made else "\n"
        if self._apart and before not in _APART and text[0] not in _APART:
            self._made.append(" ")
        self._apart = False
        self._made.append(text)
        self._last = text

    def _rest(self, text: str) -> None:
        """What only readers need: its line breaks stay, or a space where that keeps two pieces apart."""
        breaks = text.count("\n")
        self._apart = not breaks
        if breaks:
            self._made.append("\n" * breaks)

    def _may_begin_regex(self) -> bool:
        end = self._last[-1:]
        return self._last in _BEFORE_REGEX or not (end.isalnum() or end in _ENDS_OF_VALUES)
