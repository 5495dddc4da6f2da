"""Progress on standard error: a bar with the time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from linkage.run import Stage

# Share of a run's time that each stage takes, as measured on the demo and on a million records; only for the bar.
USUAL_SHARE = {
    "load": 10, "prepare": 30, "deterministic": 12, "candidates": 6, "training": 12, "score": 8, "decisions": 6,
    "persons": 4, "tables": 8, "diagnostics": 3, "report": 1,
}  # fmt: skip


class Progress:
    """Told of each stage before and after; `say` takes any other line."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._done = 0.0
        self._started = time.monotonic()

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TextColumn("{task.fields[left]}"))
            self._bar = Bar(*columns, console=self._console, transient=True)
            self._bar.start()
            self._task = self._bar.add_task("starting", total=sum(USUAL_SHARE.values()), left="")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, stage: Stage, number: int, of: int, done: bool) -> None:
        if done:
            self._done += USUAL_SHARE.get(stage.name, 0)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=stage.title, completed=self._done, left=self._time_left())
        elif not done:
            self.say(f"[{number}/{of}] {stage.title}{self._time_left()}")

    def say(self, line: str) -> None:
        """A line of progress that is no stage of a run."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=line)
        else:
            self._console.print(line, markup=False, highlight=False)

    def _time_left(self) -> str:
        total = sum(USUAL_SHARE.values())
        elapsed = time.monotonic() - self._started
        if self._done < total / 10 or elapsed < 2:
            return ""
        return f", about {elapsed * (total - self._done) / self._done:.0f} s left"
