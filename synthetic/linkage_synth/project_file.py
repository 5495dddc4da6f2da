"""The project files that a run of the linkage engine starts from."""

from pathlib import Path

_SUBGROUPS = '["ethnicity", "sex", "age", "sen", "fsm", "authority"]'

ENGLAND = f"""\
[project]
name = "synthetic-england"
purpose = "Links across a synthetic England whose truth is known; no real person is in it"

[sources.cin_2023]
format = "cin_census"
path = "returns/cin/*_2023.xml"

[sources.cin_2024]
format = "cin_census"
path = "returns/cin/*_2024.xml"

[sources.cla_2024]
format = "ssda903"
path = "returns/cla/"
year = 2024

[sources.census_2023]
format = "school_census"
path = "returns/census/spring_2023.csv"

[sources.census_2024]
format = "school_census"
path = "returns/census/spring_2024.csv"

[sources.early_help]
format = "table"
path = "local/early_help.xlsx"
key = "Ref"
[sources.early_help.columns]
forename = "Child's first name"
surname = "Family name"
dob = {{ column = "D.O.B.", format = "dayfirst" }}
sex = "M/F"
postcode = "Post code"
upn = "UPN (if known)"
[sources.early_help.subgroups]
ethnicity = "Ethnic group"

[link]
rules = ["identifiers", "demographics"]
model = "child"
accept = 0.95
review = 0.50
unique = ["census_2023", "census_2024", "early_help"]

[families]
rules = ["families"]

[diagnostics]
subgroups = {_SUBGROUPS}
suppress_below = 10
"""


def _table_source(name: str) -> str:
    return f"""\
[sources.{name}]
format = "table"
path = "{name}.csv"
key = "ref"
[sources.{name}.columns]
upn = "upn"
forename = "forename"
surname = "surname"
dob = {{ column = "dob", format = "iso" }}
sex = "sex"
postcode = "postcode"
"""


TWO_TABLES = f"""\
[project]
name = "two-tables"
purpose = "Two synthetic tables whose truth is known; no real person is in them"

{_table_source("a")}
{_table_source("b")}
[link]
rules = ["identifiers", "demographics"]
model = "child"
accept = 0.95
review = 0.50
unique = ["a", "b"]

[diagnostics]
subgroups = ["sex", "age"]
suppress_below = 10
"""


def write_project(out: Path, text: str) -> str:
    """Write `linkage.toml`; gives its path relative to `out`."""
    (out / "linkage.toml").write_text(text, encoding="utf-8", newline="\n")
    return "linkage.toml"
