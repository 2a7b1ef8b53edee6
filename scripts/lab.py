"""The lab's front door behind ./lab: picks the command and maps how it ended to an exit status."""

from __future__ import annotations

import os
import pwd
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from lab.main import main  # noqa: E402

if __name__ == "__main__":
    if "HOME" not in os.environ:  # ccache and CMake look for it
        try:
            os.environ["HOME"] = pwd.getpwuid(os.getuid()).pw_dir
        except KeyError:
            os.environ["HOME"] = "/"
    sys.exit(main(sys.argv[1:]))
