"""Counting, for everybody at once, in how many sets they are: bit i of everybody's number is a set, too."""

from collections.abc import Iterable
from itertools import zip_longest
from typing import Self

from pyroaring import BitMap


class Counts:
    """How many of the added sets each person is in."""

    def __init__(self, sets: Iterable[BitMap] = ()) -> None:
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

    def plus(self, other: Self, times: int) -> Self:
        """Return everybody's number with `times` another one of theirs added."""
        summed = self
        for place in range(times.bit_length()):
            if times >> place & 1:
                # Moved up by so many places, a number is that many times doubled.
                summed = summed._plus([BitMap()] * place + other._bits)
        return summed

    def _plus(self, bits: list[BitMap]) -> Self:
        summed, carry = type(self)(), BitMap()
        for one, two in zip_longest(self._bits, bits, fillvalue=BitMap()):
            either = one ^ two
            summed._bits.append(either ^ carry)
            carry = one & two | either & carry
        if carry:
            summed._bits.append(carry)
        return summed

    def highest(self, number: int, among: BitMap) -> tuple[BitMap, BitMap]:
        """Return as many of some people as have the highest numbers, less than `number`; and who shares the next one.

        With the second, who all have the same number, there are at least as many as asked for, or that is everybody.
        """
        higher, same = BitMap(), among
        for bits in reversed(self._bits):
            found = higher | (same & bits)
            if len(found) < number:
                higher, same = found, same - bits
            else:
                same = same & bits
        return higher, same

    def of(self, person: int) -> int:
        """Return one person's number."""
        return sum(1 << place for place, bits in enumerate(self._bits) if person in bits)

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
