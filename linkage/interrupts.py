"""Ctrl-C is heard, whatever a library makes of it: one that is swallowed while a stage works stops the run after it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_heard: list[int] = []


@contextmanager
def listening() -> Iterator[None]:
    """Remember every Ctrl-C while the block runs; it still raises KeyboardInterrupt where it falls."""

    def hear(number: int, frame: FrameType | None) -> None:
        _heard.append(number)
        signal.default_int_handler(number, frame)

    if threading.current_thread() is not threading.main_thread():  # only that one may listen, and it is not ours
        yield
        return
    before = signal.signal(signal.SIGINT, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        _heard.clear()


def stop_if_heard() -> None:
    """Raise KeyboardInterrupt if there was a Ctrl-C that nobody acted on."""
    if _heard:
        raise KeyboardInterrupt
