"""CSV as it comes: encodings, line ends, delimiters, quotes, ragged rows, and rows in their order."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkage.errors import InputError
from linkage.sources.cells import WHITE

PEOPLE = {"surname": "Surname", "forename": "Forename", "dob": "DOB"}


def read(load, content: str | bytes, **settings):
    return load({"people.csv": content}, format="table", path="people.csv", columns=PEOPLE, **settings)


def surnames(loaded) -> list[str | None]:
    return [row["surname"] for row in loaded.rows]


@pytest.mark.parametrize(
    "content",
    [
        "Surname,Forename,DOB\nA,B,2010-01-02\nC,D,2011-01-02\n",
        "Surname,Forename,DOB\r\nA,B,2010-01-02\r\nC,D,2011-01-02\r\n",
        "Surname,Forename,DOB\rA,B,2010-01-02\rC,D,2011-01-02",
        "\ufeffSurname;Forename;DOB\nA;B;2010-01-02\nC;D;2011-01-02",
        "Surname\tForename\tDOB\nA\tB\t2010-01-02\nC\tD\t2011-01-02\n",
        "Surname|Forename|DOB\nA|B|2010-01-02\n\nC|D|2011-01-02\n\n\n",
        " surname ,FORENAME,Dob\n A\u00a0,B,2010-01-02\n\tC,D,2011-01-02\n",
        '"Surname","Forename","DOB"\n"A","B","2010-01-02"\n"C","D","2011-01-02"\n',
        '"Surname","Forename","DOB","of\nwhat"\r\nA,B,2010-01-02,1\r\nC,D,2011-01-02,"2\n2"\r\n',
        "Surname,Forename,DOB,\nA,B,2010-01-02,\nC,D,2011-01-02,,,\n",
    ],
    ids=["lf", "crlf", "cr", "semicolon-bom", "tab", "pipe-blank-lines", "case-and-space", "quoted", "line-in-header",
         "trailing"],
)  # fmt: skip
def test_every_usual_way_to_write_csv_gives_the_same_rows(load, content: str) -> None:
    loaded = read(load, content)
    assert [(row["row"], row["key"], row["surname"], row["forename"], row["dob"]) for row in loaded.rows] == [
        (1, "1", "A", "B", "2010-01-02"),
        (2, "2", "C", "D", "2011-01-02"),
    ]


def test_mixed_line_ends_are_read_and_reported(load) -> None:
    loaded = read(load, 'Surname,Forename,DOB\r\nA,B,2010-01-02\nC,D,"2011-01-02"\r\n')
    assert surnames(loaded) == ["A", "C"]
    assert loaded.codes == {"FI002": 1}


def test_windows_1252_is_read_and_reported(load) -> None:
    loaded = read(load, "Surname,Forename,DOB\nO’Brien,Zoë,2010-01-02\n".encode("cp1252"))
    assert [(row["surname"], row["forename"]) for row in loaded.rows] == [("O’Brien", "Zoë")]
    assert loaded.codes == {"FI001": 1}


def test_windows_1252_far_from_the_header(load) -> None:
    lines = ["Surname,Forename,DOB"] + ["A,B,2010-01-02"] * 5000 + ["O’Brien,Zoë,2010-01-02"]
    assert surnames(read(load, "\n".join(lines).encode("cp1252")))[-1] == "O’Brien"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_unicode_text_of_excel(load, encoding: str) -> None:
    loaded = read(load, "\ufeffSurname\tForename\tDOB\r\nŁuk\tZoë\t2010-01-02\r\n".encode(encoding))
    assert surnames(loaded) == ["Łuk"]


def test_short_rows_are_filled_and_reported(load) -> None:
    loaded = read(load, 'Surname,Forename,DOB\nA,B\n"C\nC",D,2011-01-02\n')
    assert [(row["surname"], row["dob"]) for row in loaded.rows] == [("A", None), ("C\nC", "2011-01-02")]
    assert loaded.codes == {"FI003": 1}


def test_row_of_commas_counts_but_is_no_child(load) -> None:
    loaded = read(load, "Surname,Forename,DOB\nA,B,2010-01-02\n,,\nC,D,2011-01-02\n")
    assert [row["row"] for row in loaded.rows] == [1, 3]
    assert loaded.extract.excluded == {"blank": 1}


def test_one_column_with_blank_lines(load) -> None:
    loaded = load({"p.csv": "UPN\nA1\n\nB2\n"}, format="table", path="p.csv", columns={"upn": "UPN"})
    assert [(row["row"], row["upn"]) for row in loaded.rows] == [(1, "A1"), (2, "B2")]


def test_rows_keep_the_order_of_the_file_on_several_threads(load) -> None:
    lines = ["Surname,Forename,DOB"] + [f"S{at},F{at},2010-01-{1 + at % 28:02}" for at in range(300_000)]
    loaded = read(load, "\n".join(lines))
    assert loaded.con.execute("select count(*), bool_and(surname = 'S' || (row - 1)) from rows__s").fetchall() == [
        (300_000, True)
    ]


def test_names_of_columns_and_files_can_do_no_harm(load) -> None:
    evil = '"; drop table rows__s; --'
    loaded = load(
        {"it's [1] *.csv": 'Surname,"""; drop table rows__s; --"\n=1+1,x\n', "it's 1 z.csv": "wrong\n"},
        format="table", path="it's [1] *.csv", columns={"surname": "Surname", "forename": evil},
    )  # fmt: skip
    assert [(row["surname"], row["forename"], row["file"]) for row in loaded.rows] == [("=1+1", "x", "it's [1] *.csv")]


def test_repeated_column_names_are_reported_and_the_first_is_taken(load) -> None:
    loaded = load({"p.csv": "Name,name,DOB\nA,B,2010-01-01\n"}, format="table", path="p.csv",
                  columns={"surname": "Name", "dob": "DOB"})  # fmt: skip
    assert surnames(loaded) == ["A"]
    assert loaded.codes == {"FI004": 1}


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("Surname,Forename,DOB\nA,B,2010-01-02\nSECRET,D,2011-01-02,9\n", 3),
        ('Surname,Forename,DOB\nA,B,2010-01-02\n"SECRET" x,D,2011-01-02\n', 3),
        ('Surname,Forename,DOB\nA,B,2010-01-02\n"SECRET,D,2011-01-02\nE,F,2011-01-03\n', 3),
    ],
    ids=["too-many-cells", "quote-in-cell", "quote-left-open"],
)
def test_rows_that_cannot_be_read_are_named_by_their_line(load, content: str, line: int) -> None:
    with pytest.raises(InputError) as raised:
        read(load, content)
    assert f"people.csv, line {line}" in str(raised.value)
    assert "SECRET" not in str(raised.value)


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=("Cs",)), max_size=20)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4))
def test_any_text_of_a_cell_comes_through(load, cells: list[tuple[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([("Surname", "Forename", "DOB"), *((*pair, "2010-01-01") for pair in cells)])
    loaded = read(load, text.getvalue())
    expected = [tuple(cell.strip(WHITE) or None for cell in pair) for pair in cells]
    assert [(row["surname"], row["forename"]) for row in loaded.rows] == expected
