"""Content to share, the same each time, and its comparison."""

from __future__ import annotations

import random
from pathlib import Path

_CHUNK = 1 << 20


def make_file(path: Path, size: int) -> Path:
    """A file whose bytes follow from its size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    source = random.Random(size)
    with path.open("wb") as out:
        for begin in range(0, size, _CHUNK):
            out.write(source.randbytes(min(_CHUNK, size - begin)))
    return path


def make_tree(root: Path, files: int) -> Path:
    """A folder with that many files: mostly small, some empty, some of several pieces, nested, with odd names."""
    names = ("plain.txt", "with blank.dat", "ümläut-日本.bin", "no_suffix", ".hidden", "UPPER.TXT")
    for number in range(files):
        draw = random.Random(number)
        size = (0, 1, 16 * 1024, draw.randrange(2, 5000), draw.randrange(5000, 80_000), 700_000)[number % 6]
        folder = root / f"part{number % 7}" / (f"deep{number % 3}" if number % 2 else "")
        make_file(folder / f"{number:03}-{names[number % len(names)]}", size)
    return root


def differences(original: Path, copy: Path) -> list[str]:
    """What differs between two files or folders; empty when they are equal."""
    if original.is_file():
        if not copy.is_file():
            return [f"{copy} is missing"]
        return [] if _same_bytes(original, copy) else [f"{copy} differs from {original}"]
    theirs = {path.relative_to(original) for path in original.rglob("*") if path.is_file()}
    ours = {path.relative_to(copy) for path in copy.rglob("*") if path.is_file()}
    return ([f"missing: {name}" for name in sorted(theirs - ours)]
            + [f"too many: {name}" for name in sorted(ours - theirs)]
            + [f"differs: {name}" for name in sorted(theirs & ours) if not _same_bytes(original / name, copy / name)])


def _same_bytes(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        while chunk := left.read(_CHUNK):
            if chunk != right.read(_CHUNK):
                return False
    return True
