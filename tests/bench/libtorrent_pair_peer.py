"""A libtorrent session for client_pair.py: says `ready`, reads the address of a peer (or an empty line), says `complete`.

    /usr/bin/python3 libtorrent_pair_peer.py TORRENT DIRECTORY ADDRESS:PORT
"""

from __future__ import annotations

import sys
import time

import libtorrent as lt


def main() -> int:
    torrent, directory, listen = sys.argv[1:4]
    session = lt.session({
        "listen_interfaces": listen,
        "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
        "enable_incoming_utp": False, "enable_outgoing_utp": False,
        "in_enc_policy": 2, "out_enc_policy": 2,  # disabled
        "alert_mask": lt.alert.category_t.status_notification,
    })
    parameters = lt.add_torrent_params()
    parameters.ti = lt.torrent_info(torrent)
    parameters.save_path = directory
    print("ready", flush=True)
    peer = sys.stdin.readline().strip()
    handle = session.add_torrent(parameters)
    if peer:
        address, _, port = peer.rpartition(":")
        handle.connect_peer((address, int(port)))
    told = False
    while True:
        session.wait_for_alert(50)
        session.pop_alerts()
        if not told and handle.status().is_seeding:
            print("complete", flush=True)
            told = True
        if told:
            time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
