"""The words that people head columns with: what is a field, whom else a column is about, and what says nothing."""

from __future__ import annotations

from collections.abc import Mapping


def _listed(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split("|"))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Field, or a word for what is no field -> headings in full.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "upn": _listed("UPN | unique pupil number | unique pupil no | pupil UPN | current UPN"),
    "former_upn": _listed("former UPN | previous UPN | old UPN | prev UPN"),
    "uln": _listed("ULN | unique learner number | unique learner no"),
    "nhs_number": _listed("NHS | NHS number | NHS no | NHS ID | common child id"),
    "la_child_id": _listed(
        "LA child id | LAchildID | child id | child unique id | child reference | social care id | LCS id | "
        "LCS number | LiquidLogic id | Mosaic id | Mosaic number | ICS id | ICS number | CareFirst id | "
        "CareDirector id | Azeus id"
    ),
    "learner_ref": _listed("learner ref number | learn ref number | learner reference | learner reference number"),
    "pseudonym": _listed(
        "pseudonym | pseudo id | pseudonymised id | hashed id | id hash | hash | anon id | anonymised id"
    ),
    "forename": _listed(
        "forename | forenames | first name | first names | given name | given names | christian name | fname | "
        "legal forename | legal first name | forename 1 | first forename"
    ),
    "middle_names": _listed(
        "middle name | middle names | middle forenames | second forename | other forenames | mname"
    ),
    "surname": _listed("surname | last name | family name | lname | second name | legal surname | sname"),
    "preferred_forename": _listed(
        "preferred forename | preferred first name | preferred name | known as | chosen name | known by | "
        "preferred given name | likes to be called | AKA"
    ),
    "preferred_surname": _listed("preferred surname | preferred last name | preferred family name"),
    "former_surname": _listed(
        "former surname | previous surname | birth surname | surname at birth | previous last name"
    ),
    "former_forename": _listed("former forename | previous forename | previous first name | birth forename"),
    "dob": _listed("DOB | D.O.B. | date of birth | birth date | birthdate | birthday | born | birth | date born"),
    "expected_dob": _listed("EDD | expected date of birth | expected DOB | expected delivery date | due date | EDOB"),
    "death_date": _listed("date of death | death date | DOD | died"),
    "postcode": _listed("postcode | post code | home postcode | pcode | postal code | PC"),
    "address_line": _listed("address | address 1 | address line 1 | address line | street address | house and street"),
    "uprn": _listed("UPRN | unique property reference number"),
    "authority": _listed(
        "LA | LEA | LA code | LA number | authority | local authority | local authority code | DfE LA code"
    ),
    "school_urn": _listed("URN | school URN | establishment URN"),
    "sex": _listed("sex | gender | M/F | sex (M/F) | male/female | sex at birth | legal sex | boy/girl"),
    "ethnicity": _listed(
        "ethnicity | ethnic | ethnic group | ethnic origin | ethnic background | ethnic code | ethnicity code | "
        "ethnicity description | self-declared ethnicity"
    ),
    "language": _listed(
        "language | first language | home language | main language | mother tongue | first language code"
    ),
    "sen": _listed("SEN | SEN status | SEN provision | SEND | SEND status | SEN stage | SEN code"),
    "fsm": _listed("FSM | free school meals | free school meal | FSM eligible | eligible for FSM | FSM eligibility"),
    "disability": _listed("disability | disabled | has a disability | does the child have a disability"),
    "cin": _listed("CIN | child in need | is CIN | CIN status | CIN flag"),
    "cpp": _listed("CPP | CP plan | child protection plan | on CP plan | CP status | CP"),
    "cla": _listed("CLA | LAC | looked after | looked after child | in care | CLA status | LAC status | CIC"),
    "uasc": _listed("UASC | unaccompanied asylum seeking child | is the child UASC | UASC status"),
    # No fields, but worth a reason.
    "whole_name": _listed(
        "name | full name | child name | pupil name | name of child | name of pupil | student name | learner name | "
        "forename and surname | surname, forename | concatenated name"
    ),
    "birth_part": _listed("year of birth | month of birth | birth year | birth month | YOB | MOB"),
    "age": _listed("age | age in years | age today | current age"),
    "local_id": _listed(
        "id | ref | reference | ref no | reference number | record id | row id | case id | case number | case ref | "
        "person id | unique id | identifier | our ref | system id | client id | pupil id | student id | "
        "admission number | adno | admno | admission no | url | number | no | serial"
    ),
    "house": _listed("house | house no | house number | house name | house name or number | building"),
    "street": _listed("street | street name | road | road name"),
    "other_postcode": _listed("placement postcode | school postcode"),
}

# Whom or what else a column may be about; one of these words is enough.
OTHERS: Mapping[str, frozenset[str]] = {
    "a parent or carer": _words(
        "mother mothers mum mums father fathers dad dads parent parents parental carer carers guardian guardians kin "
        "partner adopter adopters foster maternal paternal"
    ),
    "somebody else of the family": _words("sibling siblings brother sister twin family baby mc"),
    "a worker": _words(
        "worker workers staff teacher tutor manager practitioner officer senco gp doctor visitor referrer coordinator "
        "adviser advisor team employee assessor author sw iro clinician consultant nurse keyworker allocated "
        "caseworker"
    ),
    "a school, placement or provider": _words(
        "school schools placement provider establishment estab setting nursery college organisation agency service "
        "hospital surgery practice employer registered"
    ),
    "a contact": _words("contact contacts emergency email telephone phone mobile tel"),
}
# Fields whose own words are among those, and headings of the child's that are.
NOT_OTHERS = frozenset({"school_urn", "fsm", "language"})

SUBJECT = _words(
    "child childs children childrens pupil pupils student students learner learners young person persons peoples "
    "people yp yps cyp cyps client clients pers stu kid kids user subject patient"
)
FILL = _words("of the s a is if known to for in their and on")
TAIL = _words(
    "no number num code codes value text field current main home legal full yyyy desc description category primary "
    "latest today new 1"
)


# A place that bears one of these is not where the child lives now.
EARLIER = _words("previous prior former old last prev")


def _sets(text: str) -> tuple[frozenset[str], ...]:
    return tuple(map(_words, text.split("|")))


# Field -> sets of words that are enough together, wherever they stand; the first that fits is taken.
WORDS: tuple[tuple[str, tuple[frozenset[str], ...]], ...] = (
    ("former_upn", _sets("former upn | previous upn | old upn")),
    ("upn", _sets("upn | unique pupil number")),
    ("uln", _sets("uln | unique learner number")),
    ("nhs_number", _sets("nhs")),
    ("expected_dob", _sets("expected birth | expected dob | expected delivery")),
    ("death_date", _sets("death | died")),
    ("birth_part", _sets("birth year | birth month")),
    ("dob", _sets("dob | birth date | birthdate")),
    ("preferred_surname", _sets("preferred surname")),
    ("preferred_forename", _sets("preferred name | known as | preferred forename")),
    ("former_surname", _sets("former surname | previous surname | birth surname")),
    ("former_forename", _sets("former forename | previous forename")),
    ("middle_names", _sets("middle")),
    ("whole_name", _sets("forename surname | first last | full name")),
    ("surname", _sets("surname | last name")),
    ("forename", _sets("forename | forenames | first name | given name")),
    ("postcode", _sets("postcode | post code")),
    ("uprn", _sets("uprn")),
    ("sex", _sets("sex | gender")),
    ("ethnicity", _sets("ethnicity | ethnic")),
    ("language", _sets("language")),
    ("fsm", _sets("fsm | free meals")),
    ("sen", _sets("sen provision | sen status | ehcp")),
    ("uasc", _sets("uasc")),
    ("address_line", _sets("address")),
    ("whole_name", _sets("name")),
    ("local_id", _sets("id | ref | reference")),
)
