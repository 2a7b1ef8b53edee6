"""A lab that stands (`swarmsim up`): asking it, and entering its hosts.

It is asked at a Unix socket in its folder, a line of JSON each way (swarmsim/lab/lab_request.hpp).  To enter a
host is to have its network, and the lab's mounts, users and process numbers; what is started there ends with the lab.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.console import Exit, LabError

_libc = ctypes.CDLL(None, use_errno=True)
_ANSWER_BYTES = 64 << 20
_SECONDS = 30.0


class Talk:
    """A connection to a lab; what was lent over it ends with it."""

    def __init__(self, control: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_SECONDS)
        try:
            folder = os.open(control.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:  # a socket's address is short, the folder's name need not be
                self._socket.connect(f"/proc/self/fd/{folder}/{control.name}")
            finally:
                os.close(folder)
        except OSError as error:
            self._socket.close()
            raise LabError(f"the lab at {control.parent} does not answer: {error.strerror}") from None
        self._lines = self._socket.makefile("rb")

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._socket.close()

    def ask(self, **request: Any) -> dict[str, Any]:
        """One request and its answer; what cannot be done is a LabError."""
        answer: dict[str, Any] = json.loads(self.exchange(json.dumps(request).encode() + b"\n"))
        if "error" in answer:
            raise LabError(str(answer["error"]), Exit.USAGE)
        return answer

    def exchange(self, line: bytes) -> bytes:
        """A line there, a line back."""
        try:
            self._socket.sendall(line)
            answer = self._lines.readline(_ANSWER_BYTES)
        except OSError as error:
            raise LabError(f"the lab does not answer: {error}") from None
        if not answer.endswith(b"\n"):
            raise LabError("the lab has ended")
        return answer

    def pid(self) -> int:
        """The process that listens, by our numbers."""
        credentials = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", credentials)[0])


def environment(host: Mapping[str, Any], programs: str) -> dict[str, str]:
    """What a command on a host is told, beside our own environment."""
    return dict(os.environ, TRACKER=host["tracker"], TORRENT=host["torrent"], LISTEN_IP=host["address"], PORT=str(host["port"]),
                DIR=host["dir"], NAME=host["name"], PATH=f"{programs}:{os.environ.get('PATH', '/usr/bin:/bin')}")


def run_inside(lab: int, host: Mapping[str, Any], words: Sequence[str], told: Mapping[str, str]) -> int:
    """Runs a command on a host, on our terminal, where we are; its exit status."""
    try:
        # All are opened first: what /proc shows is another one as soon as we are somewhere else.
        kinds = [kind for kind in ("user", "mnt", "pid") if not os.path.samefile(f"/proc/{lab}/ns/{kind}", f"/proc/self/ns/{kind}")]
        spaces = [os.open(f"/proc/{lab}/ns/{kind}", os.O_RDONLY) for kind in kinds]
        spaces.append(os.open(f"/proc/{lab}/fd/{host['namespace_fd']}", os.O_RDONLY))
    except OSError as error:
        raise LabError(f"cannot enter {host['name']}: {error.strerror}; is the lab somebody else's?") from None
    where = os.getcwd()
    outer = os.fork()
    if outer == 0:
        os._exit(_enter_and_run(spaces, where, words, told))
    for space in spaces:
        os.close(space)
    return _wait_for(outer)


def _enter_and_run(spaces: Sequence[int], where: str, words: Sequence[str], told: Mapping[str, str]) -> int:
    try:
        for space in spaces:
            if _libc.setns(space, 0) != 0:
                raise OSError(ctypes.get_errno(), "setns: " + os.strerror(ctypes.get_errno()))
        inner = os.fork()  # whoever enters a space of processes stays outside; its children are inside
        if inner > 0:
            return _wait_for(inner)
        os.chdir(where)
        os.execvpe(words[0], list(words), dict(told))
    except OSError as error:
        os.write(2, f"lab: {words[0]}: {error.strerror or error}\n".encode())
        return 127


def _wait_for(child: int) -> int:
    """Its exit status as a shell says it; Ctrl-C is the child's alone to answer."""
    while True:
        try:
            _, status = os.waitpid(child, 0)
            code = os.waitstatus_to_exitcode(status)
            return 128 - code if code < 0 else code
        except KeyboardInterrupt:
            continue
