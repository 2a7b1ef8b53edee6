"""A user without any rights, for tests that run as root, and the way to a test's folder for such a one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

USER = 12345
AS_USER = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]


def open_the_way(folder: Path) -> None:
    """Lets others pass through the folder and those above it that are ours, up to where temporary files are."""
    for above in (folder, *folder.parents[:4]):   # pytest's own three, and the one that ./lab test gives it
        if above in (Path(tempfile.gettempdir()), Path("/")):
            return
        if above.stat().st_uid == os.geteuid():
            above.chmod(above.stat().st_mode | 0o011)
