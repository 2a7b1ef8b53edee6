"""A libtorrent session as a process: seeds or downloads one torrent until it is asked to stop.

    /usr/bin/python3 libtorrent_peer.py TORRENT|MAGNET DIRECTORY ADDRESS:PORT [pex]

Prints its state when that changes, and what goes wrong.  TCP only, no encryption, no discovery but
the tracker (and peer exchange where asked for): as plain on the wire as a client can be.
"""

from __future__ import annotations

import signal
import sys
import time

import libtorrent as lt


def main() -> int:
    torrent, directory, listen = sys.argv[1:4]
    speaks_pex = "pex" in sys.argv[4:]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    session = lt.session({
        "listen_interfaces": listen,
        "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
        "enable_incoming_utp": False, "enable_outgoing_utp": False,
        "in_enc_policy": 2, "out_enc_policy": 2,  # disabled
        "unchoke_slots_limit": 8,
        "alert_mask": lt.alert.category_t.error_notification | lt.alert.category_t.tracker_notification
        | lt.alert.category_t.status_notification,
    })
    if torrent.startswith("magnet:"):
        parameters = lt.parse_magnet_uri(torrent)
    else:
        parameters = lt.add_torrent_params()
        parameters.ti = lt.torrent_info(torrent)
    parameters.save_path = directory
    if not speaks_pex:
        parameters.flags |= lt.torrent_flags.disable_pex
    parameters.flags |= lt.torrent_flags.disable_lsd | lt.torrent_flags.disable_dht
    handle = session.add_torrent(parameters)
    told = ""
    try:
        while True:
            for alert in session.pop_alerts():
                print(alert.message(), file=sys.stderr, flush=True)
            state = str(handle.status().state)
            if state != told:
                told = state
                print(state, flush=True)
            time.sleep(0.05)
    except KeyboardInterrupt:
        # Pausing says goodbye to the tracker.
        session.pause()
        time.sleep(0.3)
        return 0


if __name__ == "__main__":
    sys.exit(main())
