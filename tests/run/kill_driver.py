"""Kills a run at every point, and resumes it each time. Run as a program, as it forks before DuckDB has threads.

    python kill_driver.py PROJECT OUT

A stage is killed when it starts, before the middle one of its SQL statements, and when its work is done but not yet
written down. The killing is done from outside: stages are wrapped and calls are watched; the engine has no hook.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType

from linkage.project import read_project
from linkage.run import Stage, run_project

ENGINE = sys.modules[run_project.__module__]
STAGES: tuple[Stage, ...] = ENGINE.STAGES
# Python functions that give a statement to DuckDB: ours, and Splink's.
STATEMENTS = ("execute", "_execute_sql_against_backend")


class Watch:
    """Counts the statements of a stage, and kills the process before the n-th of them."""

    def __init__(self, kill_before: int | None = None) -> None:
        self.seen = 0
        self._kill_before = kill_before

    def __call__(self, frame: FrameType, event: str, _of: object) -> None:
        if event == "call" and frame.f_code.co_name in STATEMENTS:
            self.seen += 1
            if self.seen == self._kill_before:
                kill_me()

    def during(self, work: Callable[..., object]) -> Callable[..., object]:
        def watched(job: object) -> object:
            sys.setprofile(self)
            try:
                return work(job)
            finally:
                sys.setprofile(None)

        return watched


def kill_me() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed_at_start(_work: Callable[..., object]) -> Callable[..., object]:
    return lambda _job: kill_me()


def killed_at_end(work: Callable[..., object]) -> Callable[..., object]:
    def done(job: object) -> None:
        work(job)
        kill_me()

    return done


def in_a_fork(work: Callable[[], None]) -> int:
    """The wait status of a child process that does the work."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def with_stage(name: str, wrapped: Callable[[Callable[..., object]], Callable[..., object]]) -> tuple[Stage, ...]:
    return tuple(replace(stage, work=wrapped(stage.work)) if stage.name == name else stage for stage in STAGES)


def statements_of_stages(project: Path, out: Path) -> dict[str, int]:
    """A run that nobody kills, and how many statements each of its stages gave."""
    watches = {stage.name: Watch() for stage in STAGES}
    counts = out.with_suffix(".counts")

    def whole() -> None:
        ENGINE.STAGES = tuple(replace(stage, work=watches[stage.name].during(stage.work)) for stage in STAGES)
        run_project(read_project(project), out=out, threads=2)
        counts.write_text("\n".join(f"{name} {watch.seen}" for name, watch in watches.items()), encoding="utf-8")

    assert in_a_fork(whole) == 0
    return {name: int(n) for name, n in (line.split() for line in counts.read_text(encoding="utf-8").splitlines())}


def tell(what: str, status: int) -> None:
    ended = "killed" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
    sys.stdout.write(f"{what} {ended}\n")


def main(project: Path, out: Path) -> None:
    statements = statements_of_stages(project, out.with_name("whole"))
    resume = False
    for stage in STAGES:
        middle = statements[stage.name] // 2 + 1
        kinds = {"start": killed_at_start, "middle": Watch(middle).during, "end": killed_at_end}
        for kind, wrapped in kinds.items():

            def until_killed(stage: Stage = stage, wrapped=wrapped, resume: bool = resume) -> None:
                ENGINE.STAGES = with_stage(stage.name, wrapped)
                run_project(read_project(project), out=out, threads=2, resume=resume)

            status = in_a_fork(until_killed)
            tell(f"{stage.name} {kind}", status)
            resume = True
    status = in_a_fork(lambda: run_project(read_project(project), out=out, threads=2, resume=True) and None)
    tell("run resumed", status)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
