"""Errors: what is wrong, where, what was expected, what to do; and one exit code per kind."""

from __future__ import annotations

import inspect
import re

import duckdb
import pytest

from linkage import errors
from linkage.errors import Fault, InputError, LinkageError, ProjectError, RefusedError
from linkage.sql import connect, execute, machine_limit, was_interrupted

KINDS = tuple(kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, LinkageError))


def test_the_tree_at_the_head_of_the_module_is_the_tree_of_classes() -> None:
    drawn = dict(re.findall(r"(\w+Error) +(\d+) ", errors.__doc__ or ""))
    assert {kind.__name__: str(kind.exit_code) for kind in KINDS} == drawn


def test_kinds_do_not_share_exit_codes() -> None:
    assert len({kind.exit_code for kind in KINDS}) == len(KINDS)


def test_a_message_has_its_four_parts_in_order() -> None:
    error = InputError("The file is empty.", where="a.csv", expected="rows", remedy="export it again")
    assert str(error) == "The file is empty.\n  where: a.csv\n  expected: rows\n  what to do: export it again"


def test_parts_that_are_not_known_are_left_out() -> None:
    assert (
        str(InputError("The file is empty.", remedy="export it again"))
        == "The file is empty.\n  what to do: export it again"
    )


def test_many_faults_are_one_error_of_the_same_kind() -> None:
    error = ProjectError.from_faults([Fault("One.", "here"), Fault("Two.")])
    assert isinstance(error, ProjectError)
    assert [fault.what for fault in error.faults] == ["One.", "Two."]
    assert str(error) == "One.\n  where: here\nTwo."


def raised_from(cause: BaseException) -> Exception:
    """An error that a library raised while it handled another."""
    try:
        try:
            raise cause
        except BaseException:
            raise ValueError("wrapped") from None
    except ValueError as error:
        return error


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (OSError(28, "No space left on device"), "disk is full"),
        (OSError(27, "File too large"), "disk is full"),
        (duckdb.IOException("IO Error: Could not write: No space left on device"), "disk is full"),
        (duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate"), "memory limit"),
        (MemoryError(), "memory limit"),
    ],
    ids=str,
)
def test_the_machines_limits_are_refusals_whatever_wraps_them(cause: Exception, words: str) -> None:
    for error in (cause, raised_from(cause)):
        refusal = machine_limit(error)
        assert isinstance(refusal, RefusedError)
        assert words in str(refusal)


def test_another_error_is_no_limit_of_the_machine() -> None:
    assert machine_limit(raised_from(OSError(2, "No such file"))) is None


def test_an_interrupted_statement_is_known_whatever_wraps_it() -> None:
    assert was_interrupted(raised_from(RuntimeError("Query interrupted")))
    assert not was_interrupted(raised_from(RuntimeError("something else")))


def test_a_statement_that_needs_too_much_memory_is_refused() -> None:
    with connect(memory="20MB") as con, pytest.raises(RefusedError, match="memory limit"):
        execute(con, "create table t as select range as a, md5(range::varchar) as b from range(3000000) order by b")


def test_a_connection_in_memory_spills_nowhere_it_was_not_told_to() -> None:
    with connect() as con:
        assert con.execute("select current_setting('temp_directory')").fetchall() == [("",)]
