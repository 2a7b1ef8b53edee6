"""torrentgen as a process, and libtorrent's opinion of what it makes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from harness.content import make_file, make_tree
from harness.programs import Programs


def show(programs: Programs, torrent: Path) -> dict[str, object]:
    shown = programs.run("torrentgen", "show", "--json", torrent)
    assert shown.returncode == 0, shown.stderr
    description: dict[str, object] = json.loads(shown.stdout)
    return description


@pytest.mark.parametrize("content", ["file", "tree"])
def test_libtorrent_reads_what_we_make(programs: Programs, tmp_path: Path, content: str) -> None:
    """1. torrentgen makes a torrent of a file, or of a tree of 40 files.
    2. libtorrent finds the same info-hash, name, files and pieces in it.
    3. Every piece hash is that of the bytes on disk, as hashlib sees them.
    """
    libtorrent = pytest.importorskip("libtorrent")
    original = tmp_path / "content"
    if content == "tree":
        make_tree(original, 40)
    else:
        make_file(original, 5_000_001)
    torrent = tmp_path / "content.torrent"
    made = programs.create_torrent(original, torrent, "http://127.0.0.1:6969/announce")

    info = libtorrent.torrent_info(str(torrent))
    assert str(info.info_hash()) == made["info_hash_v1"]
    assert info.name() == made["name"] == "content"
    files = info.files()
    theirs = [(files.file_path(i), files.file_size(i)) for i in range(files.num_files())]
    assert theirs == [("/".join(f["path"]), f["length"]) for f in made["files"]]
    whole = b"".join((tmp_path / path).read_bytes() for path, _ in theirs)
    length = info.piece_length()
    assert info.num_pieces() == made["piece_count"] == -(-len(whole) // length)
    for piece in range(info.num_pieces()):
        expected = hashlib.sha1(whole[piece * length:(piece + 1) * length]).digest()
        assert info.hash_for_piece(piece) == expected, piece


def test_we_read_what_libtorrent_makes(programs: Programs, tmp_path: Path) -> None:
    libtorrent = pytest.importorskip("libtorrent")
    make_tree(tmp_path / "content", 12)
    files = libtorrent.file_storage()
    libtorrent.add_files(files, str(tmp_path / "content"))
    maker = libtorrent.create_torrent(files, 32768)    # hybrid: v1 with pad files, and v2 beside it
    maker.set_creator("someone else")
    libtorrent.set_piece_hashes(maker, str(tmp_path))
    torrent = tmp_path / "theirs.torrent"
    torrent.write_bytes(libtorrent.bencode(maker.generate()))
    assert show(programs, torrent)["info_hash_v1"] == str(libtorrent.torrent_info(str(torrent)).info_hashes().v1)
    verified = programs.run("torrentgen", "verify", torrent, tmp_path / "content")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_verify_names_what_is_bad_and_exits_with_one(programs: Programs, tmp_path: Path) -> None:
    make_file(tmp_path / "content", 1_000_000)
    torrent = tmp_path / "t.torrent"
    programs.create_torrent(tmp_path / "content", torrent)
    with (tmp_path / "content").open("r+b") as file:
        file.seek(500_000)
        byte = file.read(1)
        file.seek(500_000)
        file.write(bytes([byte[0] ^ 1]))
    verified = programs.run("torrentgen", "verify", torrent, tmp_path / "content")
    assert verified.returncode == 1
    assert "content: corrupt in piece 30" in verified.stdout


def test_writes_progress_to_terminals_only_and_json_alone_to_stdout(programs: Programs, tmp_path: Path) -> None:
    make_file(tmp_path / "content", 1_000_000)
    made = programs.run("torrentgen", "create", tmp_path / "content", "-o", tmp_path / "t", "--json")
    assert (made.returncode, made.stderr) == (0, "")
    assert json.loads(made.stdout)["total_size"] == 1_000_000
    refused = programs.run("torrentgen", "show", "--json", tmp_path / "content")
    assert refused.returncode == 2
    assert (set(json.loads(refused.stdout)), refused.stderr) == ({"error"}, "")
