"""Asking a tracker how a swarm stands (BEP 48)."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

from lab.bencode import BencodeError, decode


@dataclass(frozen=True)
class Scrape:
    complete: int
    incomplete: int
    downloaded: int


def scrape(announce_url: str, info_hash: str, seconds: float = 5.0) -> Scrape | None:
    """The numbers of one torrent; None when the tracker does not answer or does not know it.

    `announce_url` is http://ADDRESS:PORT/announce, `info_hash` its forty hexadecimal digits.
    """
    base, _, last = announce_url.rpartition("/")
    query = urllib.parse.urlencode({"info_hash": bytes.fromhex(info_hash)}, quote_via=urllib.parse.quote)
    url = f"{base}/{last.replace('announce', 'scrape')}?{query}"
    # Without proxies: the tracker is on this machine, whatever the environment says.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=seconds) as reply:
            answer = decode(reply.read(1 << 20))
    except (OSError, urllib.error.URLError, BencodeError):
        return None
    files = answer.get(b"files") if isinstance(answer, dict) else None
    numbers = files.get(bytes.fromhex(info_hash)) if isinstance(files, dict) else None
    if not isinstance(numbers, dict):
        return None

    def number(key: bytes) -> int:
        value = numbers.get(key, 0)
        return value if isinstance(value, int) else 0

    return Scrape(number(b"complete"), number(b"incomplete"), number(b"downloaded"))
