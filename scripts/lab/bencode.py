"""As much of bencode (BEP 3) as the lab's scripts need: read, write, and give a torrent another tracker."""

from __future__ import annotations

from typing import Union

Value = Union[int, bytes, list["Value"], dict[bytes, "Value"], "Raw"]


class Raw(bytes):
    """An encoded value, written as it stands."""


class BencodeError(ValueError):
    pass


def decode(data: bytes) -> Value:
    value, end = _read(data, 0)
    if end != len(data):
        raise BencodeError(f"bytes after the value at offset {end}")
    return value


def _read(data: bytes, at: int) -> tuple[Value, int]:
    try:
        kind = data[at:at + 1]
        if kind == b"i":
            end = data.index(b"e", at)
            return int(data[at + 1:end]), end + 1
        if kind == b"l":
            items: list[Value] = []
            at += 1
            while data[at:at + 1] != b"e":
                item, at = _read(data, at)
                items.append(item)
            return items, at + 1
        if kind == b"d":
            entries: dict[bytes, Value] = {}
            at += 1
            while data[at:at + 1] != b"e":
                key, at = _read(data, at)
                if not isinstance(key, bytes):
                    raise BencodeError(f"a key that is no string before offset {at}")
                entries[key], at = _read(data, at)
            return entries, at + 1
        colon = data.index(b":", at)
        end = colon + 1 + int(data[at:colon])
        if end > len(data):
            raise BencodeError(f"a string reaches past the end at offset {at}")
        return data[colon + 1:end], end
    except (ValueError, RecursionError) as error:
        raise BencodeError(f"not bencode at offset {at}: {error}") from None


def encode(value: Value) -> bytes:
    if isinstance(value, Raw):
        return bytes(value)
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(encode, value)) + b"e"
    return b"d" + b"".join(encode(key) + encode(value[key]) for key in sorted(value)) + b"e"


def with_tracker(torrent: bytes, url: str) -> bytes:
    """The same torrent (its info dictionary byte for byte) with this tracker and no other source of peers."""
    if torrent[:1] != b"d":
        raise BencodeError("a torrent is a dictionary")
    entries: dict[bytes, Value] = {}
    at = 1
    while torrent[at:at + 1] != b"e":
        key, begin = _read(torrent, at)
        if not isinstance(key, bytes):
            raise BencodeError(f"a key that is no string at offset {at}")
        _, at = _read(torrent, begin)
        entries[key] = Raw(torrent[begin:at])
    if b"info" not in entries:
        raise BencodeError("a torrent has an info dictionary")
    for elsewhere in (b"announce-list", b"nodes", b"url-list", b"httpseeds"):
        entries.pop(elsewhere, None)
    entries[b"announce"] = url.encode()
    return encode(entries)
