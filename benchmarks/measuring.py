"""One process, measured: wall and processor seconds, and the peak memory that the kernel says of it.

Unix only. The process is started by a small interpreter of its own, because Linux counts the memory of whoever starts
a process into its peak.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """One process: wall seconds, processor seconds, peak memory in MiB (of its largest process)."""

    wall_seconds: float
    cpu_seconds: float
    peak_mib: float


class FailedError(Exception):
    """A process that ended with an error, or took too long; the message is the end of what it said."""


def measure(
    command: list[str], *, most_seconds: float | None = None, environment: Mapping[str, str] | None = None
) -> Measured:
    """Run a process to its end. Raises FailedError."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "measured.json"
        launcher = [sys.executable, "-S", __file__, str(result), str(most_seconds or 0), *command]
        done = subprocess.run(
            launcher, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False, env=environment
        )
        if done.returncode != 0 or not result.exists():
            raise FailedError(done.stderr.strip()[-2000:] or f"exit {done.returncode}")
        return Measured(**json.loads(result.read_text()))


def _launch(result: Path, most_seconds: float, command: list[str]) -> int:
    """Start, wait, write what the kernel says; the process's own exit code, or 1 where it was ended for its time."""
    started = time.perf_counter()
    process = subprocess.Popen(command)
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        seconds = time.perf_counter() - started
        if ended:
            break
        if most_seconds and seconds > most_seconds:
            process.kill()
            process.wait()
            print(f"ended after {seconds:.0f} s", file=sys.stderr)
            return 1
        time.sleep(0.005)
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        found = Measured(round(seconds, 3), round(usage.ru_utime + usage.ru_stime, 3), usage.ru_maxrss / 1024)
        result.write_text(json.dumps(vars(found)))
    return code if code >= 0 else 1


if __name__ == "__main__":
    sys.exit(_launch(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
