"""Who is next: a queue that is fair to people. Pure.

People take turns, each with their own requests in order: of N people who wait, each gets every Nth place, however
many requests one of them has.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice, takewhile
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Items (hashable, each at most once) that wait, by the person they belong to."""

    def __init__(self) -> None:
        self._people: OrderedDict[str, OrderedDict[T, None]] = OrderedDict()  # the next one's turn is first
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def join(self, person: str, item: T, *, first: bool = False) -> None:
        """`first`: before the person's other items; it gains nothing over other people."""
        own = self._people.setdefault(person, OrderedDict())
        own[item] = None
        if first:
            own.move_to_end(item, last=False)
        self._size += 1

    def leave(self, person: str, item: T) -> None:
        """Takes `item` out, wherever it stands. Raises KeyError when it does not wait."""
        own = self._people[person]
        del own[item]
        if not own:
            del self._people[person]
        self._size -= 1

    def next(self) -> T:
        """Takes out the item whose turn it is; its person goes behind all others. Raises KeyError when none waits."""
        person, own = self._people.popitem(last=False)
        item, _ = own.popitem(last=False)
        if own:
            self._people[person] = own
        self._size -= 1
        return item

    def position(self, person: str, item: T) -> int:
        """How many calls of `next()` until `item` comes, if nothing changes. Costs the number of people."""
        own = self._people[person]
        round_ = next(number for number, each in enumerate(own) if each == item)
        people = iter(self._people.items())
        earlier = takewhile(lambda entry: entry[0] != person, people)  # it consumes the person's own entry too
        before = sum(min(len(theirs), round_ + 1) for _, theirs in earlier)
        return 1 + before + round_ + sum(min(len(theirs), round_) for _, theirs in people)

    def __iter__(self) -> Iterator[T]:
        """All items in the order in which `next()` would give them. Costs the number of items."""
        rounds = [iter(own) for own in self._people.values()]
        while rounds:
            going_on = []
            for own in rounds:
                for item in islice(own, 1):
                    going_on.append(own)
                    yield item
            rounds = going_on
