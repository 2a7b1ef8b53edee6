"""A libtorrent session for the benchmarks: says `ready`, reads the address of a peer (or an empty line), says `complete`.

    /usr/bin/python3 libtorrent_end.py [--up BYTES_PER_SECOND] [--super-seed] TORRENT DIRECTORY ADDRESS:PORT

TCP only and nothing but trackers to find peers; all else as libtorrent has it.
"""

from __future__ import annotations

import argparse
import sys
import time

import libtorrent as lt


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--up", type=int, default=0)
    parser.add_argument("--super-seed", action="store_true")
    parser.add_argument("torrent")
    parser.add_argument("directory")
    parser.add_argument("listen")
    options = parser.parse_args()
    session = lt.session({
        "listen_interfaces": options.listen,
        "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
        "enable_incoming_utp": False, "enable_outgoing_utp": False,
        "in_enc_policy": 2, "out_enc_policy": 2,  # disabled
        "upload_rate_limit": options.up,
        "alert_mask": lt.alert.category_t.status_notification,
    })
    # Hosts of one network are limited like any others.
    classes = lt.ip_filter()
    classes.add_rule("0.0.0.0", "255.255.255.255", 1 << lt.session.global_peer_class_id)
    session.set_peer_class_filter(classes)
    parameters = lt.add_torrent_params()
    parameters.ti = lt.torrent_info(options.torrent)
    parameters.save_path = options.directory
    if options.super_seed:
        parameters.flags |= lt.torrent_flags.super_seeding
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
