"""The SSDA903 return in its XML form: one file per authority, for the year to 31 March 2023."""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import Texts, blank, choose, texts
from linkage_synth.dates import NO_DATE, YEAR_END, birthday, dayfirst
from linkage_synth.formats.contract import Format, Output, Rows, Source, numbered
from linkage_synth.formats.known import Known
from linkage_synth.la_records import PersonPart, unknown_codes

COLLECTION = 2023


def write(out: Path, known: Known) -> Output:
    """Write a return per authority; a row is a `CHILD` element."""
    world, care = known.world, known.world.care
    rng = world.draw("ssda903_xml")
    periods, part = known.cla_2023
    code = world.places.authority_code[part.authority]
    order = np.lexsort((part.child_id.astype(str), part.authority))
    children = _headers(rng, known, part)
    episodes = _episodes(rng, known)
    first = np.searchsorted(care.placement_person, np.arange(len(care.person) + 1)).tolist()
    files, file, number = [], blank(len(periods)), np.zeros(len(periods), dtype=np.int64)
    for place in np.unique(part.authority).tolist():
        rows = order[part.authority[order] == place]
        path = f"returns/ssda903_xml/{code[rows[0]]}/ssda903_{COLLECTION}.xml"
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        with (out / path).open("w", encoding="utf-8", newline="\n") as stream:
            stream.write('<?xml version="1.0" encoding="utf-8"?>\n<EXPSSDA903>\n')
            for row in rows.tolist():
                period = int(periods[row])
                stays = "".join(episodes[first[period] : first[period + 1]])
                stream.write(f"<CHILD>\n{children[row]}{stays}</CHILD>\n")
            stream.write("</EXPSSDA903>\n")
        files.append(path)
        file[rows], number[rows] = path, numbered(len(rows))
    return Output(tuple(files), (Rows("cla_2023", file, number, part.person),))


def _tag(name: str, value: str) -> str:
    return f"<{name}>{value}</{name}>" if value else f"<{name} />"


def _headers(rng: np.random.Generator, known: Known, part: PersonPart) -> list[str]:
    families = known.world.families
    unknown = unknown_codes(rng, part, families, COLLECTION)
    upn = np.where(part.upn == "", np.where(unknown == "UN6", "UN4", unknown), part.upn)
    alone = families.unaccompanied[part.person]
    grown = dayfirst(np.where(alone, birthday(part.birth, 18), NO_DATE))
    healthy = np.where(rng.random(len(upn)) < 0.85, "1", "0")
    reviewed = dayfirst(YEAR_END[COLLECTION] - rng.integers(10, 180, len(upn)))
    columns = zip(
        part.child_id, upn, part.sex, dayfirst(part.birth), part.ethnicity, np.where(alone, "1", "0"), grown, healthy,
        reviewed, strict=True,
    )  # fmt: skip
    return [
        f"<HEADER>{_tag('CHILDID', child)}{_tag('UPN', number)}{_tag('SEX', sex)}{_tag('DOB', birth)}"
        f"{_tag('ETHNIC', ethnic)}{_tag('UASC', uasc)}{_tag('DUC', until) if until else ''}"
        f"<AREVIEW><REVIEW>{review}</REVIEW><REVIEW_CODE>PN1</REVIEW_CODE></AREVIEW><MOTHER /><MC_DOB />"
        "<PERMANENCE><PREV_PERM>Z1</PREV_PERM><LA_PERM /><DATE_PERM /></PERMANENCE>"
        f"<OC2><HEALTH_CHECK>{health}</HEALTH_CHECK><TEETH_CHECK>{health}</TEETH_CHECK></OC2></HEADER>\n"
        for child, number, sex, birth, ethnic, uasc, until, health, review in columns
    ]


def _episodes(rng: np.random.Generator, known: Known) -> list[str]:
    """Text of each placement that had begun by the end of the year; empty for later ones."""
    care, last = known.world.care, YEAR_END[COLLECTION]
    owner, start = care.placement_person, care.placement_start
    end = np.where(care.placement_end > last, NO_DATE, care.placement_end)
    is_first = np.r_[True, owner[1:] != owner[:-1]]
    size = len(owner)
    legal = texts(["C2", "C1", "V2"])[choose(rng, [0.5, 0.25, 0.25], len(care.person))][owner]
    kinds: Texts = np.where(
        care.placement_residential, "K2", texts(["U4", "U6", "U1"])[choose(rng, [0.3, 0.55, 0.15], size)]
    )
    hidden = care.short_breaks[owner]
    columns = zip(
        dayfirst(start), np.where(is_first, "S", "P"), np.where(hidden, "V4", legal), kinds,
        np.where(hidden, "", known.postcodes(care.placement_postcode)),
        np.where(hidden, "", known.postcodes(care.home_postcode)[owner]), dayfirst(end),
        np.where(end == NO_DATE, "", "X1"), (start <= last).tolist(), strict=True,
    )  # fmt: skip
    return [
        f"<EPISODE>{_tag('DECOM', begun)}{_tag('RNE', reason)}{_tag('LS', status)}<CIN>N1</CIN>{_tag('PL', kind)}"
        f"{_tag('PL_POST', placed)}{_tag('HOME_POST', home)}<URN>XXXXXXX</URN><PLACE_PROVIDER>PR1</PLACE_PROVIDER>"
        f"{_tag('DEC', ended)}{_tag('REC', ceased)}<REASON_PLACE_CHANGE /></EPISODE>\n"
        if here
        else ""
        for begun, reason, status, kind, placed, home, ended, ceased, here in columns
    ]


FORMAT = Format(
    "ssda903_xml",
    write,
    (Source("cla_2023", 'format = "ssda903"\npath = "returns/ssda903_xml/"\nyear = 2023'),),
    ("returns/ssda903_xml/*/ssda903_*.xml",),
)
