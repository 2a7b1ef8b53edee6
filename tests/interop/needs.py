"""What an interop test needs on this machine."""

from __future__ import annotations

import os
import shutil

import pytest

from interop.others import Other


def need(client: Other) -> None:
    """Skips when the client or tshark is not installed; where CI is set that is a failure."""
    missing = [] if client.is_installed() else [client.package]
    if not shutil.which("tshark"):
        missing.append("tshark")
    if missing:
        reason = f"not installed: {', '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
