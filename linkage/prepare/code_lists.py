"""Code lists: the spellings of a characteristic that sources use, and what each of them stands for.

A spelling is upper case, words with single blanks between them, without the letter that Annex A puts before a code
(`s) NOBT`); `codes.spelling_sql` brings a text into that form. Lists follow the Common Basic Data Set, the CIN census,
SSDA903, school census and ILR specifications of the Department for Education and its agencies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from linkage.schema import ETHNICITY_GROUPS


@dataclass(frozen=True)
class Meaning:
    """What a spelling stands for: a code, or the reason why it gives none.

    `group` is set where an ethnicity is known to its group of five only.
    """

    code: str | None = None
    why: str | None = None
    group: str | None = None


NOT_RECORDED = Meaning(why="not_recorded")
REFUSED = Meaning(why="refused")

_UNKNOWN_WORDS = (
    "UNKNOWN", "UNK", "NOT KNOWN", "NK", "NOT RECORDED", "NOT STATED", "NOT PROVIDED", "NOT SPECIFIED",
    "NOT AVAILABLE", "MISSING", "NULL", "NONE GIVEN", "N A", "NA", "-1",
)  # fmt: skip

# 0 not recorded or unborn, 9 indeterminate, U and X later words for both; two digits in the safeguarding data set.
SEX: dict[str, Meaning] = {
    **dict.fromkeys(("1", "01", "M", "MALE", "BOY", "MAN"), Meaning("M")),
    **dict.fromkeys(("2", "02", "F", "FEMALE", "GIRL", "WOMAN"), Meaning("F")),
    **dict.fromkeys(("9", "09", "X", "I", "INDETERMINATE"), Meaning(why="indeterminate")),
    **dict.fromkeys(("0", "00", "U", "N", "W", "UNBORN", "PREFER NOT TO SAY", "OTHER", "NEITHER"), NOT_RECORDED),
    **dict.fromkeys(("NOT STATED RECORDED", "NOT STATED RECORDED OR UNBORN"), NOT_RECORDED),
}

# Codes of the school census that are finer than the 18 main ones. The first letter is the family, but the code
# that a finer one belongs to is not: BOTB is Black, WTUR is not British, CMAL is Chinese.
_FINER_ETHNICITY = {
    "WBRI": "WENG WCOR WNIR WSCO WWEL WOWB",
    "WOTH": "WEUR WEEU WWEU WTUR WTUK WTUC WGRE WGRK WGRC WALB WBOS WCRO WITA WKOS WPOR WSER WOTW",
    "WROM": "WROG WROR WROO",
    "MWAS": "MWAP MWAI MWAO",
    "MOTH": "MAOE MABL MACH MBOE MBCH MCOE MWOE MWCH MOTM",
    "APKN": "AMPK AKPA AOPK",
    "AOTH": "AAFR AKAO ANEP ASNL ASLT ASRO AOTA",
    "BAFR": "BANN BCON BGHA BNGN BSLN BSOM BSUD BAOF",
    "BOTH": "BEUR BNAM BOTB",
    "CHNE": "CHKC CMAL CSNG CTWN COCH",
    "OOTH": "OAFG OARA OEGY OFIL OIRN OIRQ OJPN OKOR OKRD OLAM OLEB OLIB OMAL OMRC OPOL OTHA OVIE OYEM OOEG",
}
# New in the list of 2025; which main code they belong to has not been published where we could read it.
_UNGROUPED_ETHNICITY = ("ABRI", "AWEL", "BBRI", "BWEL", "ORAB")

# ILR from 2011. 33 is Gypsy and Irish Traveller in one, which schools code apart, so only the group is known.
_ILR_ETHNICITY = {
    "31": "WBRI", "32": "WIRI", "34": "WOTH", "35": "MWBC", "36": "MWBA", "37": "MWAS", "38": "MOTH", "39": "AIND",
    "40": "APKN", "41": "ABAN", "42": "CHNE", "43": "AOTH", "44": "BAFR", "45": "BCRB", "46": "BOTH", "47": "OOTH",
    "98": "OOTH",
}  # fmt: skip

# NPD's major groups, which keep Chinese apart, and words for the five of ONS.
_ETHNICITY_GROUP_WORDS = {
    "White": ("WHIT", "WHITE"),
    "Mixed": ("MIXD", "MIXED", "MIXED OR MULTIPLE ETHNIC GROUPS", "DUAL HERITAGE", "MIXED DUAL BACKGROUND"),
    "Asian": ("ASIA", "ASIAN", "ASIAN OR ASIAN BRITISH"),
    "Black": ("BLAC", "BLACK", "BLACK OR BLACK BRITISH"),
}

_ETHNICITY_WORDS = {
    "WBRI": (
        "WHITE BRITISH",
        "BRITISH",
        "ENGLISH WELSH SCOTTISH NORTHERN IRISH BRITISH",
        "WHITE ENGLISH WELSH SCOTTISH NORTHERN IRISH BRITISH",
        "ENGLISH WELSH SCOTTISH NORTHERN IRISH OR BRITISH",
        "W BRITISH",
        "WHITE UK",
    ),
    "WIRI": ("WHITE IRISH", "IRISH"),
    "WIRT": ("TRAVELLER OF IRISH HERITAGE", "IRISH TRAVELLER", "WHITE TRAVELLER OF IRISH HERITAGE", "TRAVELLER IRISH"),
    "WROM": ("GYPSY ROMA", "GYPSY", "ROMA", "WHITE GYPSY ROMA", "ROMA GYPSY", "GYPSY ROMA TRAVELLER"),
    "WOTH": (
        "ANY OTHER WHITE BACKGROUND",
        "WHITE OTHER",
        "OTHER WHITE",
        "WHITE ANY OTHER WHITE BACKGROUND",
        "ANY OTHER WHITE",
        "WHITE EUROPEAN",
        "WHITE EASTERN EUROPEAN",
        "OTHER WHITE BACKGROUND",
    ),
    "MWBC": (
        "WHITE AND BLACK CARIBBEAN",
        "MIXED WHITE AND BLACK CARIBBEAN",
        "MIXED WHITE BLACK CARIBBEAN",
        "MIXED W B CARIBBEAN",
        "WHITE BLACK CARIBBEAN",
    ),
    "MWBA": (
        "WHITE AND BLACK AFRICAN",
        "MIXED WHITE AND BLACK AFRICAN",
        "MIXED WHITE BLACK AFRICAN",
        "MIXED W B AFRICAN",
        "WHITE BLACK AFRICAN",
    ),
    "MWAS": ("WHITE AND ASIAN", "MIXED WHITE AND ASIAN", "MIXED WHITE ASIAN", "WHITE ASIAN"),
    "MOTH": (
        "ANY OTHER MIXED BACKGROUND",
        "OTHER MIXED",
        "MIXED OTHER",
        "MIXED ANY OTHER MIXED BACKGROUND",
        "ANY OTHER MIXED",
    ),
    "AIND": ("INDIAN", "ASIAN INDIAN", "ASIAN OR ASIAN BRITISH INDIAN"),
    "APKN": ("PAKISTANI", "ASIAN PAKISTANI", "ASIAN OR ASIAN BRITISH PAKISTANI"),
    "ABAN": ("BANGLADESHI", "ASIAN BANGLADESHI", "ASIAN OR ASIAN BRITISH BANGLADESHI"),
    "AOTH": ("ANY OTHER ASIAN BACKGROUND", "OTHER ASIAN", "ASIAN OTHER", "ANY OTHER ASIAN"),
    "CHNE": ("CHINESE", "CHIN", "ASIAN CHINESE", "ASIAN OR ASIAN BRITISH CHINESE"),
    "BAFR": ("AFRICAN", "BLACK AFRICAN", "BLACK OR BLACK BRITISH AFRICAN"),
    "BCRB": ("CARIBBEAN", "BLACK CARIBBEAN", "BLACK OR BLACK BRITISH CARIBBEAN"),
    "BOTH": ("ANY OTHER BLACK BACKGROUND", "OTHER BLACK", "BLACK OTHER", "ANY OTHER BLACK"),
    "OOTH": ("ANY OTHER ETHNIC GROUP", "OTHER ETHNIC GROUP", "OTHER", "AOEG", "ARAB"),
}


def _ethnicity() -> dict[str, Meaning]:
    listed = {code: Meaning(code) for code in ETHNICITY_GROUPS}
    listed |= {finer: Meaning(code) for code, names in _FINER_ETHNICITY.items() for finer in names.split()}
    listed |= {number: Meaning(code) for number, code in _ILR_ETHNICITY.items()}
    listed |= {word: Meaning(code) for code, words in _ETHNICITY_WORDS.items() for word in words}
    listed |= {
        word: Meaning(why="group_only", group=group)
        for group, words in _ETHNICITY_GROUP_WORDS.items()
        for word in words
    }
    listed |= dict.fromkeys(("33", "GYPSY OR IRISH TRAVELLER", "TRAVELLER"), Meaning(why="group_only", group="White"))
    listed |= dict.fromkeys(_UNGROUPED_ETHNICITY, Meaning(why="unknown_code"))
    listed |= dict.fromkeys(("REFU", "REFUSED", "INFORMATION REFUSED", "PREFER NOT TO SAY"), REFUSED)
    not_obtained = ("NOBT", "NOT OBTAINED", "NOT YET OBTAINED", "INFORMATION NOT YET OBTAINED")
    listed |= dict.fromkeys(not_obtained, Meaning(why="not_obtained"))
    return listed | dict.fromkeys(("INVA", "MISS", "UNCL", "99"), NOT_RECORDED)


ETHNICITY: dict[str, Meaning] = _ethnicity()

# N none, K SEN support, E plan; S statement (to 2018), A and P School Action and Plus (to 2015).
SEN: dict[str, Meaning] = {
    **{code: Meaning(code) for code in "NKESAP"},
    **dict.fromkeys(("NO SEN", "NONE", "NO SPECIAL EDUCATIONAL NEED", "NO SPECIAL EDUCATIONAL NEEDS"), Meaning("N")),
    **dict.fromkeys(("SEN SUPPORT", "SUPPORT"), Meaning("K")),
    **dict.fromkeys(("EHCP", "EHC PLAN", "EHC", "EDUCATION HEALTH AND CARE PLAN"), Meaning("E")),
    **dict.fromkeys(("STATEMENT",), Meaning("S")),
    **dict.fromkeys(("SCHOOL ACTION",), Meaning("A")),
    **dict.fromkeys(("SCHOOL ACTION PLUS",), Meaning("P")),
}  # fmt: skip

_YES = dict.fromkeys(("Y", "YES", "TRUE", "T", "1"), Meaning("Y"))
_NO = dict.fromkeys(("N", "NO", "FALSE", "F", "0"), Meaning("N"))

FSM: dict[str, Meaning] = {
    **_YES,
    **_NO,
    **dict.fromkeys(("ELIGIBLE", "FSM"), Meaning("Y")),
    **dict.fromkeys(("NOT ELIGIBLE", "NON FSM"), Meaning("N")),
}

# Kinds of disability of the CIN census; a list of them is a yes.
DISABILITY_KINDS = ("MOB", "HAND", "PC", "INC", "COMM", "LD", "HEAR", "VIS", "BEH", "CON", "AUT", "DDA")
DISABILITY: dict[str, Meaning] = {
    **_YES,
    **_NO,
    **dict.fromkeys(("NONE",), Meaning("N")),
    **dict.fromkeys(DISABILITY_KINDS, Meaning("Y")),
}

# Any other code of three or four letters stands for itself.
LANGUAGE: dict[str, Meaning] = {
    "ENGLISH": Meaning("ENG"),
    "1 ENG": Meaning("ENG"),
    "2 OTH": Meaning("OTH"),
    "REF": REFUSED,
    "REFU": REFUSED,
    "NOT": Meaning(why="not_obtained"),
    "NOBT": Meaning(why="not_obtained"),
    **dict.fromkeys(("3 UNCL", "UNCL", "MIS", "MISS", "INV", "INVA", "ZZZ"), NOT_RECORDED),
}

# A flag says yes or nothing.
FLAG: dict[str, Meaning] = {**_YES, **dict.fromkeys(_NO, Meaning(why="no"))}

CODE_LISTS: dict[str, dict[str, Meaning]] = {
    "sex": SEX,
    "ethnicity": ETHNICITY,
    "sen": SEN,
    "fsm": FSM,
    "disability": DISABILITY,
    "language": LANGUAGE,
    "cin": FLAG,
    "cpp": FLAG,
    "cla": FLAG,
    "uasc": FLAG,
}


def meanings() -> Iterator[tuple[str, str, Meaning]]:
    """Every (field, spelling, meaning) of the lists; the words for "unknown" are in each."""
    for field, listed in CODE_LISTS.items():
        for word, meaning in {**dict.fromkeys(_UNKNOWN_WORDS, NOT_RECORDED), **listed}.items():
            yield field, word, meaning
