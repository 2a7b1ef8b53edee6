"""Private networks: each host is a network namespace of its own, joined by one bridge.

      host 10.77.0.2 --- veth ---+
      host 10.77.0.3 --- veth ---+--- bridge, in a namespace without a way out
      host 10.77.0.4 --- veth ---+    10.77.255.1, for captures only

The namespaces have no names and no mount points: file descriptors of this process hold them, so
that they vanish with it, even when it is killed.  Needs the rights of root, or of a user namespace
(`unshare --user --map-root-user`), which `./lab test` uses by itself.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000


class Host:
    """One machine of the network: an address, and a way for a child process to get there."""

    def __init__(self, address: str, namespace: int) -> None:
        self.address = address
        self._namespace = namespace

    def enter(self) -> None:
        """Moves the calling process there; meant for a child before it runs its program."""
        if _libc.setns(self._namespace, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def inside(self, call: Callable[[], T]) -> T:
        """Calls a function there: in a thread, because a namespace belongs to a thread."""
        def enter_and_call() -> T:
            self.enter()
            return call()

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(enter_and_call).result()

    def add_ipv6(self, number: int) -> str:
        """Gives it the address fd00:77::`number`, too; hosts have none of their own accord."""
        address = f"fd00:77::{number}"
        self.inside(_allow_ipv6)
        # Nobody else has it, and nobody waits until that is certain.
        _ip(self, f"address add {address}/64 dev eth0 nodad")
        return address

    def run(self, *argv: str | Path, seconds: float = 30) -> subprocess.CompletedProcess[str]:
        return subprocess.run([os.fspath(word) for word in argv], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=seconds, check=False, preexec_fn=self.enter)


class PrivateNetwork:
    BRIDGE = "br0"

    def __init__(self) -> None:
        self._descriptors: list[int] = []
        self._holders: list[subprocess.Popen[bytes]] = []
        self._hub_pid = 0
        self.hub: Host  # the namespace of the bridge: where captures see everything

    def __enter__(self) -> PrivateNetwork:
        try:
            self._hub_pid, namespace = self._new_namespace()
            self.hub = Host("10.77.255.1", namespace)
            _ip(self.hub, f"link add {self.BRIDGE} type bridge", f"link set {self.BRIDGE} up", "link set lo up",
                f"address add {self.hub.address}/16 broadcast + dev {self.BRIDGE}")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def host(self, number: int) -> Host:
        """Adds the host 10.77.0.`number`."""
        pid, namespace = self._new_namespace()
        host = Host(f"10.77.0.{number}", namespace)
        _ip(self.hub, f"link add v{number} type veth peer name eth0 netns {pid}",
            f"link set v{number} master {self.BRIDGE} up")
        _ip(host, "link set lo up", "link set eth0 up", f"address add {host.address}/16 dev eth0")
        return host

    def close(self) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()
        for holder in self._holders:
            holder.kill()
            holder.wait(5)
        self._holders.clear()

    def _new_namespace(self) -> tuple[int, int]:
        """A process that holds a new namespace (`ip` wants a process id), and a descriptor of it."""
        # `cat` reads from us: it ends when we do, however that comes about.
        holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c",
             "for all in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 >$all; done; echo; exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._holders.append(holder)
        assert holder.stdout is not None
        holder.stdout.readline()
        descriptor = os.open(f"/proc/{holder.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self._descriptors.append(descriptor)
        return holder.pid, descriptor


def why_unavailable() -> str:
    """Empty when private networks can be made here; otherwise the reason."""
    for tool in ("ip", "unshare"):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    if os.geteuid() != 0:
        return "it takes root or a user namespace (unshare --user --map-root-user)"
    tried = subprocess.run(
        ["unshare", "--net", "sh", "-c", "ip link add br0 type bridge && ip link add v0 type veth peer name v1"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
    return tried.stderr.strip() if tried.returncode != 0 else ""


def _allow_ipv6() -> None:
    for switch in ("all", "default", "lo", "eth0"):
        Path(f"/proc/sys/net/ipv6/conf/{switch}/disable_ipv6").write_text("0", encoding="ascii")


def _ip(host: Host, *commands: str) -> None:
    done = subprocess.run(["ip", "-batch", "-"], input="\n".join(commands) + "\n", capture_output=True, text=True,
                          timeout=30, check=False, preexec_fn=host.enter)
    if done.returncode != 0:
        raise OSError(f"ip {'; '.join(commands)}: {done.stderr.strip()}")
