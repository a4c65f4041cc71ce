"""Counting, for everybody at once, in how many sets they are: bit i of everybody's number is a set, too."""

from collections.abc import Iterable

from pyroaring import BitMap


class Counts:
    """How many of the added sets each person is in."""

    def __init__(self, sets: Iterable[BitMap]) -> None:
        self._bits: list[BitMap] = []
        for one in sets:
            self._add(one)

    def at_least(self, number: int, everybody: BitMap) -> BitMap:
        """Return those of everybody who are in so many sets."""
        if number <= 0:
            return everybody
        if number.bit_length() > len(self._bits):
            return BitMap()
        more, same = BitMap(), everybody
        for place in range(len(self._bits) - 1, -1, -1):
            bits = self._bits[place]
            if number >> place & 1:
                same = same & bits
            else:
                more |= same & bits
                same = same - bits
        return more | same

    def _add(self, carry: BitMap) -> None:
        """Add 1 to the numbers of all in a set, as one adds on paper."""
        for place, bits in enumerate(self._bits):
            if not carry:
                return
            following = bits & carry
            self._bits[place] = bits ^ carry
            carry = following
        if carry:
            self._bits.append(carry)
