"""The private networks of the tests themselves."""

from __future__ import annotations

from harness.namespaces import PrivateNetwork
from harness.running import Running


def test_hosts_reach_each_other_and_nothing_else(network: PrivateNetwork, running: Running) -> None:
    """1. Two hosts. 2. One listens, the other connects and reads. 3. There is no route to any other place."""
    here, there = network.host(2), network.host(3)
    server = running.start("server", ["/usr/bin/python3", "-c",
                                      "import socket\ns = socket.create_server(('0.0.0.0', 7000))\n"
                                      "print('up', flush=True)\nc, a = s.accept()\nc.sendall(a[0].encode())"], host=there)
    running.wait_for("the server listens", lambda: "up" in server.stdout(), 10, [server])
    client = here.run("/usr/bin/python3", "-c",
                      "import socket\nprint(socket.create_connection(('10.77.0.3', 7000), 5).recv(99).decode())")
    assert client.stdout.strip() == "10.77.0.2", client.stderr
    outside = here.run("ip", "route", "get", "192.0.2.1")
    assert outside.returncode != 0, outside.stdout


def test_processes_of_a_test_are_gone_after_it(running: Running) -> None:
    """1. A process that ignores SIGTERM. 2. Ending all kills it."""
    child = running.start("stubborn", ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"])
    running.wait_for("it runs", lambda: "up" in child.stdout(), 10, [child])
    child.stop(grace=0.2)
    assert not child.id.is_alive()
