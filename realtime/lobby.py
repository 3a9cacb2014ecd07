"""Connections that nobody is known behind, as of those who do not say who they are: the first to go when it is full."""

from collections.abc import Callable
from typing import Protocol


class Waiting(Protocol):
    """A connection, as far as its place matters."""

    def give_up(self) -> None:
        """Drops the connection without a word."""


class Lobby:
    """Counts connections of one kind; whoever waits longest makes room for the next one of its kind."""

    def __init__(self, places: Callable[[], int]) -> None:
        self._places = places
        self._waiting: dict[Waiting, None] = {}
        self.connections = 0

    def enter(self, one: Waiting) -> bool:
        """Takes a connection in, when all places are taken in that of the one that waits longest.

        False when everybody here has said who they are. Whoever is taken in must be seen out by `leave`, once.
        """
        if self.connections >= self._places():
            if not self._waiting:
                return False
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            oldest.give_up()
        self._waiting[one] = None
        self.connections += 1
        return True

    def stir(self, one: Waiting) -> None:
        """It has done something just now: whoever is here has waited longer."""
        if one in self._waiting:
            del self._waiting[one]
            self._waiting[one] = None

    def settle(self, one: Waiting) -> None:
        """It has said who it is, and keeps its place."""
        self._waiting.pop(one, None)

    def leave(self, one: Waiting) -> None:
        self._waiting.pop(one, None)
        self.connections -= 1
