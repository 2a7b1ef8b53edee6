"""A disk of a few megabytes that only the processes of one test see: a tmpfs in a mount namespace of its own.

A process that holds the namespace ends with us, and the disk with it.  From outside its files are read through /proc.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path
from types import TracebackType

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS = 0x00020000


class PrivateDisk:
    def __init__(self, mount_point: Path, size: str) -> None:
        """`mount_point` is where processes that enter() find it; it must exist."""
        self.path = mount_point
        # `cat` reads from us: it ends when we do, however that comes about.
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o "size=$1" tmpfs "$2" && echo ready; exec cat', "sh", size, mount_point],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != b"ready\n":
            self.close()
            raise OSError(f"no tmpfs of {size} at {mount_point}")
        self._namespace = os.open(f"/proc/{self._holder.pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)

    def __enter__(self) -> PrivateDisk:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self._namespace)
        self.close()

    def enter(self) -> None:
        """Moves the calling process there; meant for a child before it runs its program."""
        if _libc.setns(self._namespace, _CLONE_NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    @property
    def seen_from_here(self) -> Path:
        return Path(f"/proc/{self._holder.pid}/root{self.path}")

    def resize(self, size: str) -> None:
        subprocess.run(["nsenter", "--target", str(self._holder.pid), "--mount", "mount", "-o", f"remount,size={size}", self.path],
                       check=True, timeout=30)

    def close(self) -> None:
        self._holder.kill()
        self._holder.wait(5)


def why_unavailable() -> str:
    """Empty when private disks can be made here; otherwise the reason."""
    if os.geteuid() != 0:
        return "it takes root or a user namespace (unshare --user --map-root-user)"
    tried = subprocess.run(["unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt"], stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=30, check=False)
    return tried.stderr.strip() if tried.returncode != 0 else ""
