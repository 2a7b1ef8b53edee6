"""Links and partitions as people write them on a command line, to what a lab is asked."""

from __future__ import annotations

from collections.abc import Sequence

from lab.console import Exit, LabError

_EXAMPLE = "down=8Mbit/s,delay=20ms"


def link(words: Sequence[str]) -> dict[str, str]:
    """["up=1Mbit/s,delay=20ms", "loss=1%"] -> {"up": "1Mbit/s", "delay": "20ms", "loss": "1%"}; the lab knows the keys."""
    keys: dict[str, str] = {}
    for part in (part.strip() for word in words for part in word.split(",")):
        key, equals, value = part.partition("=")
        if not equals or not key or not value:
            raise LabError(f"'{part}' is nothing that a link has; such as {_EXAMPLE}", Exit.USAGE)
        if key in keys:
            raise LabError(f"'{key}' is there twice", Exit.USAGE)
        keys[key] = value
    return keys


def sides(words: Sequence[str]) -> list[list[str]]:
    """["a,b", "|", "c"] -> [["a", "b"], ["c"]]; spaces are as good as commas."""
    cells = [cell.replace(",", " ").split() for cell in " ".join(words).split("|")]
    if len(cells) < 2 or not all(cells):
        raise LabError("a partition has two sides or more: ./lab partition 'seeder-1, tracker | leecher'", Exit.USAGE)
    return cells
