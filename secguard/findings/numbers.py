"""Remember which fingerprints have been seen, of as many findings as there are, in a few bytes each."""

from __future__ import annotations

from array import array

_FIRST_SLOTS = 4096
_GROWS = 4


class Numbers:
    """Numbers below 2**64 - 1 that are spread evenly, as fingerprints are: 16 to 64 bytes each take 75 in a set."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * _FIRST_SLOTS))
        """0, or a number plus one, at or after the place that its last bits name."""
        self._count = 0

    def add(self, number: int) -> bool:
        """Put in a number. Returns whether it was not there."""
        slots, kept = self._slots, number + 1
        last = len(slots) - 1
        at = number & last
        while found := slots[at]:
            if found == kept:
                return False
            at = (at + 1) & last
        slots[at] = kept
        self._count += 1
        if self._count * 2 > last:
            self._grow()
        return True

    def _grow(self) -> None:
        kept, self._slots, self._count = self._slots, array("Q", bytes(8 * _GROWS * len(self._slots))), 0
        for each in filter(None, kept):
            self.add(each - 1)
