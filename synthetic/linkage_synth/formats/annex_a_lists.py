"""Column names of the eleven lists of Ofsted's Annex A, as authorities send them."""

_CHILD = ("Child Unique ID", "Gender", "Ethnicity", "Date of Birth", "Age")
_DISABLED = "Does the Child have a Disability"
_STAFF = ("Allocated Team", "Allocated Worker")

HEADERS: dict[str, tuple[str, ...]] = {
    "List 1": (*_CHILD, "Date of Contact", "Contact Source"),
    "List 2": (
        *_CHILD, "Assessment start date", "Assessment completion date", "Organisation completing assessment",
    ),
    "List 3": (
        *_CHILD, "Date of Referral", "Referral Source", "Referral NFA?",
        "Number of Referrals in Last 12 Months", *_STAFF,
    ),
    "List 4": (
        *_CHILD, _DISABLED, "Continuous Assessment Start Date", "Child Seen During Continuous Assessment",
        "Continuous Assessment Date of Authorisation",
        "Was the child assessed as requiring LA children's social care support?", *_STAFF,
    ),
    "List 5": (
        *_CHILD, _DISABLED, "Strategy discussion initiating Section 47 Enquiry Start Date",
        "Was an Initial Child Protection Conference deemed unnecessary?",
        "Date of Initial Child Protection Conference",
        "Did the Initial Child Protection Conference Result in a Child Protection Plan",
        "Number of Section 47 Enquiries in the last 12 months", "Number of ICPCs in the last 12 months", *_STAFF,
    ),
    "List 6": (
        *_CHILD, _DISABLED, "CIN Start Date", "Primary Need Code", "Date Child Was Last Seen", "CIN Closure Date",
        "Reason for Closure", "Case Status", *_STAFF,
    ),
    "List 7": (
        *_CHILD, _DISABLED, "Child Protection Plan Start Date", "Initial Category of Abuse",
        "Latest Category of Abuse", "Date of the Last Statutory Visit", "Was the Child Seen Alone?",
        "Date of latest review conference", "Child Protection Plan End Date",
        "Subject to Emergency Protection Order or Protected Under Police Powers in Last Six Months (Y/N)",
        "Number of Previous Child Protection Plans", *_STAFF,
    ),
    "List 8": (
        *_CHILD, "Unaccompanied Asylum Seeking Child (UASC) within the Last 12 Months (Y/N))", _DISABLED,
        "Date Started to be Looked After", "Child's Category of Need",
        "Is this a second or subsequent period of being a Looked After Child within the last 12 months (Y/N)",
        "Start date of current legal status", "Child's Legal Status", "Date of Latest Statutory Review",
        "Date of Last Social Work Visit", "What is the permanence plan for this child?",
        "Date of Last IRO Visit / Contact to the Child", "Date of Last Health Assessment",
        "Date of Last Dental Check", "Number of Placements in the Last 12 months",
        "Date Ceased to be Looked After", "Reason Ceased to be Looked After",
        "Start Date of Most Recent Placement", "Placement Type", "Placement Provider", "Placement postcode",
        "URN of Placement", "Placement Location", "LA of Placement",
        "Number of Episodes the Child has been ‘Missing’ from their Placement in the last 12 months",
        "Number of Episodes the Child has been ‘Absent’ from their Placement in the last 12 months",
        "Was the child offered a Return Interview after their last missing episode (Y/N)?",
        "Did the child accept a Return Interview after their last missing episode (Y/N)?", *_STAFF,
    ),
    "List 9": (
        *_CHILD, _DISABLED, *_STAFF, "Eligibility Category", "LA in Touch", "Type of Accommodation",
        "Suitability of Accommodation", "Activity Status",
    ),
    "List 10": (
        "Child Unique ID", "Family identifier", "Gender", "Ethnicity", "Date of Birth", "Age of Child (Years)",
        _DISABLED, "Date the Child Entered Care",
        "Date of Decision that Child Should be Placed for Adoption", "Date of Placement Order",
        "Date of Matching Child and Prospective Adopters", "Date Placed for Adoption", "Date of Adoption Order ",
        "Date of Decision that Child Should No Longer be Placed for Adoption",
        "Reason Why Child No Longer Placed for Adoption",
        "Date the child was placed for fostering in FFA or concurrent planning placement",
    ),
    "List 11": (
        "Individual adopter identifier", "Family identifier", "Gender", "Ethnicity", "Disability",
        "Is the (prospective) adopter fostering for adoption?", "Date enquiry received", "Date Stage 1 started",
        "Date Stage 1 ended", "Date Stage 2 started", "Date Stage 2 ended", "Date application submitted",
        "Date application approved", "Date adopter matched with child(ren)",
        "Date child/children placed with adopter(s)", "No. of children placed", "Date of Adoption Order",
        "Date of leaving adoption process", "Reason for leaving adoption process",
    ),
}  # fmt: skip
"""List 10 is of children; List 11 is of those who adopt them."""

ETHNICITY_ORDER = (
    "WBRI", "WIRI", "WIRT", "WROM", "WOTH", "MWBC", "MWBA", "MWAS", "MOTH", "AIND", "APKN", "ABAN", "AOTH", "BCRB",
    "BAFR", "BOTH", "CHNE", "OOTH", "NOBT", "REFU",
)  # fmt: skip
"""The letter before a code says its place in the list: `a) WBRI`, `s) NOBT`."""


def lettered(place: int, text: str) -> str:
    """A choice with its letter."""
    return f"{chr(97 + place)}) {text}"


def drifted(names: tuple[str, ...], version: int) -> tuple[str, ...]:
    """Column names as systems come to have them: as prescribed, in other capitals, or with other blanks."""
    if version == 1:
        return tuple(name[:1] + name[1:].lower() for name in names)
    if version == 2:
        return tuple(f"{name} " if at % 3 == 0 else name.replace(" ", "\u00a0", 1) for at, name in enumerate(names))
    return names
