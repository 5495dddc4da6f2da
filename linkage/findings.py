"""The catalogue of findings: every code that a source, `prepare` or `check` may report, and what to do about it.

A code is two letters for what it is about and a number: files (`FI`), identifiers (`ID`), folding (`FO`), dates (`DT`),
names (`NM`), places (`PL`), codes (`CD`). Numbers are never given to something else. Never a value, always a count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from linkage.tables import Finding

Severity = Literal["act", "look", "note"]
KINDS: Mapping[str, str] = {
    "FI": "files", "ID": "identifiers", "FO": "folding", "DT": "dates", "NM": "names", "PL": "places", "CD": "codes",
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """A kind of finding. `explanation` says why it matters for linkage and what to do.

    `severity`: `act` on it before linking, or links are wrong or missed; `look` whether it is as expected; a `note`
    of how something was read.
    """

    code: str
    severity: Severity
    title: str
    explanation: str


_LISTED: tuple[Known, ...] = (
    Known("FI001", "note", "file is not UTF-8; read as Windows-1252",
          "Letters with accents may be wrong where it is neither. Look at some names that have them."),
    Known("FI002", "note", "lines end in different ways in one file",
          "Files were put together by hand, or a cell holds a line end. Compare the rows with those of the supplier."),
    Known("FI003", "look", "rows with fewer cells than the header; the missing cells are taken as blank",
          "A row that was broken in two loses fields, and its child is missed. Export the file again."),
    Known("FI004", "look", "column name that occurs more than once in a header; the first is taken",
          "If the first one is not the one that is meant, a field is wrong for everybody. Rename one in the file."),
    Known("FI005", "look", "file without a data row",
          "An empty file can be a failed export: the children who should be in it cannot be linked. Ask the supplier."),
    Known("FI006", "look", "file of a layout that this format does not know; left out",
          "Nothing of it is linked. Check that `path` takes the right files, and whether it is a source of its own."),
    Known("FI007", "look", "no header file: children are known from the other files only",
          "The UPN, sex and ethnicity stand in the header file alone. Add it, or links rest on the birth date."),
    Known("FI008", "note", "whose return it is, or of which year, is not in the file; taken from the project or a name",
          "A wrong authority puts child ids into a wrong scope. Check `authority` and `year` in the project file."),
    Known("FI009", "note", "year of the collection differs from that of its reference date; the latter is taken",
          "Some systems write the year in which the collection began. Check it where two returns seem to be of one."),
    Known("FI010", "note", "text between elements; passed over",
          "The file was edited or badly written. What is in no element is not read."),
    Known("FI011", "note", "column that the layout does not have; not used",
          "Nothing is lost if it only describes. If it names or identifies the child, map the file as a `table`."),
    Known("FI012", "look", "table without a column of its layout",
          "The field is blank for all its rows. Check the heading: it may be spelled in a way that is not known."),
    Known("FI013", "look", "row that joins no pupil of its term; left out",
          "Addresses and meals of nobody: the pupil file of that term may be missing or cut short."),
    Known("FI014", "note", "destinations of learners who are not in the return; left out",
          "Usual for learners of an earlier year: add the return of that year if they matter."),
    Known("FI015", "look", "learning aims that join no learner; left out",
          "The learners table of the same supply may be missing or of another year."),
    Known("FI016", "note", "table of learning aims without a date whose column is known",
          "Its aims give no events. Links do not depend on it."),
    Known("FI017", "look", "NPD table whose family its columns do not tell; its person columns are read",
          "Which table speaks for a pupil is then guessed. Check that it is of the NPD."),
    Known("FI018", "note", "school census in XML, whose nesting is not confirmed; read by the names of elements",
          "Compare the number of pupils with what the school or authority reports."),
    Known("FI019", "note", "event of a type that is not known; left out of the events",
          "Links do not depend on it; later analyses of events may."),
    Known("FI020", "look", "sheets with the same columns that were not read; name them in `sheet`, as in \"20*\"",
          "The children on them are not linked. A pattern in `sheet` takes all sheets whose names fit it."),
    Known("ID001", "look", "identifier that fails its check; kept as weak evidence",
          "A mistyped number finds nobody, or somebody else. It links only with an equal birth date. A high share in "
          "one authority or year is a fault of an export: ask for a new one."),
    Known("ID002", "note", "text in the place of an identifier that says that there is none",
          "These children can be linked by names and birth date only. Babies, new arrivals, home-educated and some "
          "looked-after children are often among them, so that missed links fall on these groups."),
    Known("ID003", "note", "temporary UPN; links only through a record that holds it as a former one",
          "A school makes it up until the permanent number is known, and another school may make the same."),
    Known("ID004", "act", "valid identifier that several records of the source have",
          "Either one child has two keys (name the source under `within`), or a number was copied to another child, "
          "often a twin: its links are then held back or wrong."),
    Known("ID005", "act", "identifier that records of many different birth dates share; it counts as a placeholder",
          "It was typed to fill a field. Its records are linked by other means; tell the supplier."),
    Known("ID006", "look", "UPNs that former UPNs join into groups too large for one child; not used",
          "A wrong former UPN joins children. The groups are left alone; the UPNs themselves still link."),
    Known("ID007", "note", "child with both a UPN and a reason why the UPN is unknown; both are kept",
          "Mostly the reason was not removed when the number came. The number is used if it passes its check."),
    Known("ID008", "note", "child id with a suffix that is no authority's; kept whole",
          "If the suffix is a platform's mark, ids of two returns never agree. Remove it before linking."),
    Known("ID009", "note", "row without a pupil matching reference; it has the one of the same child's other rows",
          "Rows of one child within a supply are joined by the child's other ids."),
    Known("ID010", "act", "no `supply` in the project: ids of this source compare with those of no other source",
          "If two sources came in one delivery, give both the same `supply`, or their best identifier is not used."),
    Known("ID011", "note", "code for a missing value in the place of an id; taken as blank",
          "As a key it would make one child of many. These rows have no identifier."),
    Known("ID012", "act", "id that a spreadsheet wrote as 1.2E+10 and so lost; taken as blank",
          "The last digits are gone for good. Ask for the file again, and open it in no spreadsheet."),
    Known("ID013", "look", "pupil matching references of both kinds, anonymised and not",
          "Whether the two kinds are equal is not confirmed: links between them may be missed."),
    Known("ID014", "note", "further pupil matching references in a header, of other terms or tables; the first is read",
          "Links of a pupil whose reference changed between terms may be missed."),
    Known("ID015", "look", "ids that several persons (AE_ID) of the lookups have; kept under each of them",
          "The lookups are evidence and not truth: such an id joins persons who may be two."),
    Known("ID016", "note", "persons (AE_ID) with several ids of one kind; all are kept",
          "Usual for learners who changed provider. A very high share is a fault of the lookup."),
    Known("ID017", "note", "references of learners in an earlier year or at an earlier provider; not compared",
          "They are kept as events. A provider may give a reference again to somebody else."),
    Known("ID018", "look", "values of CHILD_LA_CODE_ANON so few that they are read as authorities and not as ids",
          "If they are ids after all, folding takes them for places. Check the column's description."),
    Known("FO001", "note", "rows that share their key with another row of the source; they fold into one record",
          "Right where the source has a row for each event, term or year; where it should have one row a child, the "
          "key is not the child's."),
    Known("FO002", "act", "keys whose rows contradict each other; they stay apart as records, see conflicts",
          "One key was given to two children, or the wrong column is the key. Look at the pairs in `conflicts`."),
    Known("FO003", "look", "rows without an id; each is a record of its own, keyed by a hash of its content",
          "A child with several such rows is several records. Name the source under `within` to join them."),
    Known("FO004", "look", "row without an identifier of the child; its key is made from its fields",
          "Two children who are equal in all these fields become one record."),
    Known("FO005", "look", "row whose id is that of a child with another birth or sex and a reference; kept apart",
          "The anonymised id stands for two children."),
    Known("FO006", "note", "duplicate entries of a pupil by RecordStatus; the main entry speaks before them",
          "The supplier has marked them; nothing needs doing."),
    Known("FO007", "look", "records that are equal in names, birth date and home postcode",
          "Most likely one child with two keys: name the source under `within`, or the child counts twice."),
    Known("DT001", "look", "text in the place of a date that is none; taken as blank",
          "Declare the format of the column if it is a date after all; else these records lose their best field."),
    Known("DT002", "look", "date that the calendar does not have; taken as blank",
          "As 31 February. Often day and month are in the other order: declare the format of the column."),
    Known("DT003", "note", "date that a system writes for none, as 1900-01-01; taken as blank",
          "Compared, it would make strangers agree. These records have no birth date to link by."),
    Known("DT004", "look", "date before 1900 or after 2100; taken as blank",
          "Mostly a year of two or five digits. Mend the file or declare the format."),
    Known("DT005", "look", "date later than a source of its year can know; taken as blank",
          "A slip, or the `year` of the source is wrong in the project file."),
    Known("DT006", "act", "birth date after the end of the year of the source",
          "Nobody is in a return before birth but as an unborn child, with an expected date. Check `year` in the "
          "project, whether the expected date is in the wrong column, and the order of day and month."),
    Known("DT007", "look", "person older than those the source is about",
          "A carer, parent or member of staff, or a wrong century. Adults must not become records of children."),
    Known("DT008", "act", "death before birth",
          "One of the two dates is wrong; if it is the birth date, the child is missed."),
    Known("DT009", "look", "birth date that far too many records share",
          "A date typed to fill a field makes strangers agree. Have it set to blank where it is made up."),
    Known("DT010", "look", "expected birth date far from the year of the source",
          "An old case that was never closed, or a wrong year: it can match no birth."),
    Known("DT011", "look", "child with an event more than a year before birth",
          "The event is of a sibling or parent, or the birth date is wrong: such a record may be two children."),
    Known("DT012", "note", "dates like 1/2/2003 were read with the day first",
          "Decided from the column's own dates. Declare `format` if it is wrong."),
    Known("DT013", "look", "dates like 1/2/2003 were read with the month first",
          "Rare in England, as in a file from American software. Declare `format` if it is wrong."),
    Known("DT014", "act", "day and month stand in the other order than most of the source; refused",
          "Two exports were put together. Other dates of these rows may be swapped and not be noticed: mend the file."),
    Known("DT015", "look", "birth dates on a day that is far too frequent; known to the month or year only",
          "The day was made up, by a system or before delivery. Links rest on other fields more."),
    Known("DT016", "note", "birth dates that are all on the first of a month; known to the month only",
          "They were cut before delivery. A month of birth says a thirtieth of what a day does."),
    Known("DT017", "look", "child whose rows have different birth dates; the one of the row that speaks is taken",
          "Without names nobody can tell whether they are two children."),
    Known("DT018", "look", "year or month of birth that is none; taken as blank",
          "These records have no birth date to link by."),
    Known("DT019", "note", "child with both a birth date and an expected one; both are kept",
          "The child was born since; nothing needs doing."),
    Known("DT020", "note", "birth dates known to the month or the year only",
          "Rules that need a birth date to the day cannot use them, and the model gives them less weight."),
    Known("NM001", "note", "placeholder in the place of a name, as Baby; taken as blank",
          "Compared, it would make strangers agree. Newborn children have it most, and are missed most."),
    Known("NM002", "look", "text in the place of a name without a Latin letter; taken as blank",
          "Check the file's encoding, and that the column holds names."),
    Known("PL001", "look", "text in the place of a postcode that is none; taken as blank",
          "Truncated, or another column. Without it, twins and common names are harder to tell apart."),
    Known("PL002", "note", "postcode for no fixed abode, unknown or overseas; taken as blank",
          "It is no place: children who share it do not live together."),
    Known("PL003", "look", "home postcode that far too many records share",
          "An office, school or children's home stands in the place of the home. Agreement on it says little."),
    Known("PL004", "note", "postcodes known to the sector or district only",
          "They were cut before delivery, or truncated: they can support a link and not make one."),
    Known("CD001", "look", "code that the code list does not have; taken as unknown",
          "A code of a later year, or another column. Subgroups lose these children."),
    Known("CD002", "note", "sex coded as in earlier years inside the newer element",
          "Read as meant; nothing needs doing."),
)  # fmt: skip

CATALOGUE: Mapping[str, Known] = {known.code: known for known in _LISTED}


def found(code: str, source: str, count: int, field: str = "", *, detail: str = "") -> Finding:
    """The finding of a code of the catalogue; `detail` is added to its title: counts and words, never a value."""
    title = CATALOGUE[code].title
    return Finding(code, source, count, f"{title}: {detail}" if detail else title, field)


def noted(code: str, source: str, count: int, field: str = "") -> tuple[Finding, ...]:
    """The same; none where nothing was met."""
    return (found(code, source, count, field),) if count else ()


def summed(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding per code and field, with the counts of all added up, in the order of the codes."""
    counts: dict[tuple[str, str, str], int] = {}
    for item in findings:
        where = (item.code, item.source, item.field)
        counts[where] = counts.get(where, 0) + item.count
    return tuple(found(code, source, counts[code, source, field], field) for code, source, field in sorted(counts))
