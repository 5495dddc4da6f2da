"""Progress on standard error: a bar with the time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from linkage.run import STAGES, Stage

# Share of a run's time that each stage takes, as measured on the demo and on a million records; only for the bar.
USUAL_SHARE = {
    "load": 10, "prepare": 30, "deterministic": 12, "candidates": 6, "training": 12, "score": 8, "decisions": 6,
    "persons": 4, "tables": 8, "diagnostics": 3, "public": 1, "report": 1,
}  # fmt: skip
TOTAL = sum(USUAL_SHARE.values())
SURE_AFTER = 2.0  # seconds, and a tenth of the run: before, no time left is told


class Progress:
    """Told of each stage before and after; `say` takes any other line."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._started: float | None = None
        self._kept = 0  # share that an earlier process had done

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            left = TextColumn("{task.fields[left]}")
            columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), left)
            self._bar = Bar(*columns, console=self._console, transient=True)
            self._bar.start()
            self._task = self._bar.add_task("starting", total=TOTAL, left="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, stage: Stage, number: int, of: int, done: bool) -> None:
        completed = sum(USUAL_SHARE.get(item.name, 0) for item in STAGES[: number if done else number - 1])
        if self._started is None:
            self._started, self._kept = time.monotonic(), completed
        left = time_left(time.monotonic() - self._started, completed - self._kept, TOTAL - completed)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=stage.title, completed=completed, left=left)
        elif not done:
            self.say(f"[{number}/{of}] {stage.title}{', ' if left else ''}{left}")

    def say(self, line: str) -> None:
        """A line of progress that is no stage of a run."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=line)
        else:
            self._console.print(line, markup=False, highlight=False)


def time_left(elapsed: float, done: float, to_do: float) -> str:
    """The time left in words, from the seconds that passed and the shares of the work; empty while nobody can know."""
    if elapsed < SURE_AFTER or done < (done + to_do) / 10:
        return ""
    seconds = elapsed * to_do / done
    return f"about {seconds:.0f} s left" if seconds < 90 else f"about {seconds / 60:.0f} min left"
