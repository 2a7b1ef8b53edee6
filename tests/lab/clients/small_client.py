"""A BitTorrent client of one page: what a newcomer would write, and lab mode tries out.

    /usr/bin/python3 small_client.py TORRENT FOLDER ADDRESS PORT

BEP 3 and compact peers (BEP 23), nothing else.  A piece is asked for from one peer at a time, so that a false one names its culprit.
Whoever is interested is unchoked and served.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import signal
import struct
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

BLOCK = 16384
DEPTH = 16  # requests on their way to one peer
CHOKE, UNCHOKE, INTERESTED, NOT_INTERESTED, HAVE, BITFIELD, REQUEST, PIECE, CANCEL = range(9)


def decode(data: bytes, at: int = 0) -> tuple[Any, int]:
    """A bencoded value and where it ends."""
    kind = data[at:at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1:end]), end + 1
    if kind in (b"l", b"d"):
        items, at = [], at + 1
        while data[at:at + 1] != b"e":
            item, at = decode(data, at)
            items.append(item)
        return items if kind == b"l" else dict(zip(items[::2], items[1::2], strict=True)), at + 1
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    return data[colon + 1:end], end


class Torrent:
    def __init__(self, file: Path, folder: Path) -> None:
        data = file.read_bytes()
        meta, _ = decode(data)
        info = meta[b"info"]
        begin = data.index(b"4:info") + 6
        self.info_hash = hashlib.sha1(data[begin:decode(data, begin)[1]]).digest()
        self.announce = meta[b"announce"].decode()
        self.piece_length = info[b"piece length"]
        self.hashes = [info[b"pieces"][i:i + 20] for i in range(0, len(info[b"pieces"]), 20)]
        root = folder / info[b"name"].decode()
        files = info.get(b"files", [{b"path": [], b"length": info.get(b"length")}])
        self.files = [(root.joinpath(*(part.decode() for part in one[b"path"])), one[b"length"]) for one in files]
        self.total = sum(length for _, length in self.files)

    def length(self, piece: int) -> int:
        return min(self.piece_length, self.total - piece * self.piece_length)

    def parts(self, at: int, length: int) -> list[tuple[Path, int, int]]:
        """The files that hold these bytes: path, offset and length in each."""
        parts, begin = [], 0
        for path, size in self.files:
            first, last = max(at, begin), min(at + length, begin + size)
            if first < last:
                parts.append((path, first - begin, last - first))
            begin += size
        return parts

    def read(self, at: int, length: int) -> bytes:
        return b"".join(os.pread(open_file(path), size, offset) for path, offset, size in self.parts(at, length))

    def write(self, at: int, data: bytes) -> None:
        for path, offset, size in self.parts(at, len(data)):
            os.pwrite(open_file(path), data[:size], offset)
            data = data[size:]

    def is_true(self, piece: int) -> bool:
        return hashlib.sha1(self.read(piece * self.piece_length, self.length(piece))).digest() == self.hashes[piece]


_open: dict[Path, int] = {}


def open_file(path: Path) -> int:
    if path not in _open:
        path.parent.mkdir(parents=True, exist_ok=True)
        _open[path] = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    return _open[path]


class Client:
    def __init__(self, torrent: Torrent, address: str, port: int) -> None:
        self.torrent, self.address, self.port = torrent, address, port
        self.peer_id = b"-SM0001-" + random.randbytes(12)
        self.have = {piece for piece in range(len(torrent.hashes)) if torrent.is_true(piece)}
        self.wanted_from: dict[int, Peer] = {}  # the pieces that somebody is asked for
        self.peers: dict[bytes, Peer] = {}      # by peer id
        self.banned: set[str] = set()
        self.sent = self.received = 0

    def left(self) -> int:
        return sum(self.torrent.length(piece) for piece in range(len(self.torrent.hashes)) if piece not in self.have)

    async def run(self) -> None:
        over = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, over.set)
        await asyncio.start_server(self.accept, self.address, self.port)
        print(f"has {len(self.have)} of {len(self.torrent.hashes)} pieces", flush=True)
        ask = asyncio.create_task(self.keep_announcing())
        await over.wait()
        ask.cancel()
        await self.announce("stopped")

    async def keep_announcing(self) -> None:
        event, was_complete = "started", self.left() == 0
        while True:
            pause = await self.announce(event)
            event = "started" if pause == 0 else ""
            for _ in range(pause or 5):
                await asyncio.sleep(1)
                if not was_complete and self.left() == 0:
                    event, was_complete = "completed" if not event else event, True
                    print("complete", flush=True)
                    break

    async def announce(self, event: str) -> int:
        """Gives the interval; 0 when the tracker was not reached."""
        query = {"info_hash": self.torrent.info_hash, "peer_id": self.peer_id, "port": self.port, "uploaded": self.sent,
                 "downloaded": self.received, "left": self.left(), "compact": 1, "numwant": 50}
        # A blank is %20 here: a "+" is a plus to most trackers.
        words = urllib.parse.urlencode(query | ({"event": event} if event else {}), quote_via=urllib.parse.quote)
        url = f"{self.torrent.announce}?{words}"
        try:
            answer = decode(await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=10).read()))[0]
            peers = answer[b"peers"]
        except (OSError, ValueError, KeyError, IndexError) as problem:
            print(f"announce: {problem}", flush=True)
            return 0
        for i in range(0, len(peers) - 5, 6):
            host = ".".join(map(str, peers[i:i + 4]))
            if host != self.address and host not in self.banned and self.left() > 0:
                asyncio.create_task(self.dial(host, struct.unpack(">H", peers[i + 4:i + 6])[0]))
        return int(answer[b"interval"])

    async def dial(self, host: str, port: int) -> None:
        if any(peer.host == host for peer in self.peers.values()):
            return
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port, local_addr=(self.address, 0)), 10)
        except (OSError, TimeoutError):
            return
        await Peer(self, host, reader, writer).run()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Peer(self, writer.get_extra_info("peername")[0], reader, writer).run()

    def finish(self, piece: int, data: bytes, source: Peer) -> None:
        self.wanted_from.pop(piece, None)
        if hashlib.sha1(data).digest() != self.torrent.hashes[piece]:
            print(f"piece {piece} of {source.host} is false", flush=True)
            self.banned.add(source.host)
            source.writer.close()
            return
        self.torrent.write(piece * self.torrent.piece_length, data)
        self.have.add(piece)
        for peer in self.peers.values():
            peer.send(HAVE, struct.pack(">I", piece))
            peer.show_interest()


class Peer:
    def __init__(self, client: Client, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.client, self.host, self.reader, self.writer = client, host, reader, writer
        self.has: set[int] = set()
        self.is_choking, self.is_unchoked, self.is_interesting = True, False, False
        self.piece: int | None = None  # that this one is asked for
        self.blocks: dict[int, bytes] = {}
        self.asked: set[int] = set()   # its blocks that are on their way

    async def run(self) -> None:
        key = b""
        try:
            key = await asyncio.wait_for(self.shake_hands(), 20)
            while True:
                length = int.from_bytes(await asyncio.wait_for(self.reader.readexactly(4), 60 if self.asked else 180), "big")
                if length > BLOCK + 9 and length > len(self.client.torrent.hashes):
                    return
                if length > 0:
                    body = await asyncio.wait_for(self.reader.readexactly(length), 60)
                    self.on_message(body[0], body[1:])
                    await self.writer.drain()
        except (OSError, ValueError, struct.error, TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            self.writer.close()
            if self.client.peers.get(key) is self:
                del self.client.peers[key]
            self.give_back()

    async def shake_hands(self) -> bytes:
        torrent = self.client.torrent
        self.writer.write(b"\x13BitTorrent protocol" + bytes(8) + torrent.info_hash + self.client.peer_id)
        answer = await self.reader.readexactly(68)
        key = answer[48:]
        if answer[:20] != b"\x13BitTorrent protocol" or answer[28:48] != torrent.info_hash:
            raise ValueError("another protocol, or another torrent")
        if key == self.client.peer_id or key in self.client.peers or self.host in self.client.banned:
            raise ValueError("myself, somebody who is here already, or banned")
        self.client.peers[key] = self
        if self.client.have:
            bits = bytearray((len(torrent.hashes) + 7) // 8)
            for piece in self.client.have:
                bits[piece // 8] |= 0x80 >> piece % 8
            self.send(BITFIELD, bytes(bits))
        return key

    def send(self, kind: int, body: bytes = b"") -> None:
        if not self.writer.is_closing():
            self.writer.write(struct.pack(">IB", len(body) + 1, kind) + body)

    def on_message(self, kind: int, body: bytes) -> None:
        torrent = self.client.torrent
        if kind in (CHOKE, UNCHOKE):
            self.is_choking = kind == CHOKE
            if self.is_choking:
                self.give_back()
            self.ask()
        elif kind in (INTERESTED, NOT_INTERESTED):
            if (kind == INTERESTED) != self.is_unchoked:
                self.is_unchoked = kind == INTERESTED
                self.send(UNCHOKE if self.is_unchoked else CHOKE)
        elif kind == HAVE or kind == BITFIELD:
            told = struct.unpack(">I", body) if kind == HAVE else [i for i in range(len(body) * 8) if body[i // 8] & 0x80 >> i % 8]
            if any(piece >= len(torrent.hashes) for piece in told):
                raise ValueError("there is no such piece")
            self.has.update(told)
            self.show_interest()
        elif kind == REQUEST:
            piece, begin, length = struct.unpack(">III", body)
            if piece not in self.client.have or not 0 < length <= BLOCK or begin + length > torrent.length(piece):
                raise ValueError("nobody can be asked for that")
            if self.is_unchoked:
                self.send(PIECE, body[:8] + torrent.read(piece * torrent.piece_length + begin, length))
                self.client.sent += length
        elif kind == PIECE:
            piece, begin = struct.unpack(">II", body[:8])
            if piece == self.piece and begin in self.asked:
                self.asked.remove(begin)
                self.blocks[begin] = body[8:]
                self.client.received += len(body) - 8
            self.ask()

    def show_interest(self) -> None:
        is_interesting = not self.has <= self.client.have
        if is_interesting != self.is_interesting:
            self.is_interesting = is_interesting
            self.send(INTERESTED if is_interesting else NOT_INTERESTED)
        self.ask()

    def ask(self) -> None:
        """Requests while there is something to ask for."""
        if self.piece is not None and sum(map(len, self.blocks.values())) == self.client.torrent.length(self.piece):
            piece, data = self.piece, b"".join(block for _, block in sorted(self.blocks.items()))
            self.piece, self.blocks = None, {}
            self.client.finish(piece, data, self)
        if self.is_choking or self.writer.is_closing():
            return
        if self.piece is None:
            free = self.has - self.client.have - self.client.wanted_from.keys()
            if not free:
                return
            self.piece = random.choice(sorted(free))
            self.client.wanted_from[self.piece] = self
        length = self.client.torrent.length(self.piece)
        for begin in range(0, length, BLOCK):
            if len(self.asked) < DEPTH and begin not in self.asked and begin not in self.blocks:
                self.asked.add(begin)
                self.send(REQUEST, struct.pack(">III", self.piece, begin, min(BLOCK, length - begin)))

    def give_back(self) -> None:
        """What was asked for will not come: others may be asked."""
        if self.piece is not None:
            self.client.wanted_from.pop(self.piece, None)
        self.piece, self.blocks, self.asked = None, {}, set()
        for peer in self.client.peers.values():
            if peer is not self and peer.piece is None:
                peer.ask()


if __name__ == "__main__":
    asyncio.run(Client(Torrent(Path(sys.argv[1]), Path(sys.argv[2])), sys.argv[3], int(sys.argv[4])).run())
