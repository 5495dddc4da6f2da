"""The name cultures of the world: who they are, how they name children, and how often clerks get them wrong.

Shares and rates are round figures chosen so that every culture is met in a world of a few thousand children;
small groups are larger than in England. They are not estimates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Culture:
    """One name culture. Weights are relative; rates and shares are between 0 and 1."""

    key: str
    pool: str
    """Pool of forenames and surnames."""
    convention: str = "family"
    """How a child's surname comes about: see `linkage_synth.names`."""
    share: float = 0.0
    """Share of mothers, before an authority's own mix is applied."""
    metropolitan: float = 1.0
    """How many times commoner in London and the metropolitan boroughs than elsewhere."""
    ethnicity: Mapping[str, float]
    language: Mapping[str, float] = field(default_factory=lambda: {"ENG": 1.0})
    children: float = 2.0
    """Mean births per mother."""
    new_father: float = 0.08
    """Chance that a later child has another father."""
    mothers_surname: float = 0.05
    double_barrelled: float = 0.03
    middle_name: float = 0.3
    rare_surname: float = 0.35
    """Share of parents whose surname is put together from parts."""
    arrived: float = 0.05
    """Share of children who came to England after birth."""
    mixing: float = 1.0
    """How many times likelier than others to have children with somebody of another culture."""
    deprivation: float = 0.0
    """Shift of the odds (log scale) of free school meals and of a poor neighbourhood."""
    recording_risk: float = 1.0
    """How many times likelier than average that a record of the child is wrong or incomplete."""
    swaps_names: bool = False
    """Forename and surname are often taken for one another."""
    referral: float = 1.0
    """How many times likelier to be referred to social care."""
    keeps_accents: float = 0.5
    """Share of families whose names are registered with their accents."""
    unaccompanied: float = 0.0
    """Weight among unaccompanied asylum-seeking children."""


# fmt: off
CULTURES: tuple[Culture, ...] = (
    Culture(
        key="white_british", pool="english", share=0.565, metropolitan=0.6,
        ethnicity={"WBRI": 0.985, "WOTH": 0.015},
        language={"ENG": 1.0}, new_father=0.15, mothers_surname=0.14, double_barrelled=0.08, middle_name=0.75,
        arrived=0.005, recording_risk=0.8,
    ),
    Culture(
        key="irish", pool="irish", mixing=3.0, keeps_accents=0.75, share=0.014, metropolitan=1.5,
        ethnicity={"WIRI": 0.7, "WBRI": 0.3},
        mothers_surname=0.08, double_barrelled=0.05, middle_name=0.6, arrived=0.05, new_father=0.1,
    ),
    Culture(
        key="irish_traveller", pool="traveller", mixing=0.3, share=0.011,
        ethnicity={"WIRT": 0.85, "WIRI": 0.1, "WBRI": 0.05},
        children=3.6, new_father=0.05, middle_name=0.4, rare_surname=0.08, arrived=0.05, deprivation=1.0,
        recording_risk=2.4, referral=2.2,
    ),
    Culture(
        key="roma", pool="roma", mixing=0.3, share=0.012, ethnicity={"WROM": 0.85, "WOTH": 0.15},
        convention="feminine_endings",
        language={"RMN": 0.4, "RUM": 0.3, "SLO": 0.2, "CZE": 0.1}, children=3.3, middle_name=0.15,
        arrived=0.3,
        deprivation=1.2, recording_risk=2.4, referral=1.8, mothers_surname=0.2,
    ),
    Culture(
        key="polish", pool="polish", share=0.028, ethnicity={"WOTH": 1.0}, convention="feminine_endings",
        language={"POL": 0.9, "LIT": 0.05, "ENG": 0.05}, children=1.9, middle_name=0.3, arrived=0.12,
        recording_risk=1.2, referral=0.8,
    ),
    Culture(
        key="romanian", pool="romanian", share=0.018, metropolitan=1.6, ethnicity={"WOTH": 1.0},
        language={"RUM": 0.95, "ENG": 0.05}, middle_name=0.55, arrived=0.25, recording_risk=1.3,
    ),
    Culture(
        key="iberian", pool="iberian", share=0.02, metropolitan=1.8, convention="two_surnames",
        ethnicity={"WOTH": 0.75, "OOTH": 0.15, "MOTH": 0.1}, language={"POR": 0.6, "SPA": 0.35, "ENG": 0.05},
        children=1.8, middle_name=0.5, arrived=0.2, recording_risk=1.5, rare_surname=0.25,
    ),
    Culture(
        key="turkish", pool="turkish", share=0.015, metropolitan=2.5, ethnicity={"WOTH": 0.75, "OOTH": 0.25},
        language={"TUR": 0.8, "KUR": 0.15, "ENG": 0.05}, middle_name=0.2, arrived=0.12, deprivation=0.3,
        recording_risk=1.4,
    ),
    Culture(
        key="pakistani", pool="pakistani", mixing=0.5, share=0.052, metropolitan=2.0,
        convention="own_second_name",
        ethnicity={"APKN": 0.97, "AOTH": 0.03}, language={"URD": 0.45, "PNJ": 0.25, "ENG": 0.3}, children=2.7,
        new_father=0.03, middle_name=0.12, arrived=0.08, deprivation=0.4, recording_risk=1.3, referral=0.8,
        rare_surname=0.2,
    ),
    Culture(
        key="bangladeshi", pool="bangladeshi", mixing=0.5, share=0.024, metropolitan=3.0,
        convention="own_second_name",
        ethnicity={"ABAN": 0.97, "AOTH": 0.03}, language={"BNG": 0.75, "ENG": 0.25}, children=2.7,
        new_father=0.02,
        middle_name=0.1, arrived=0.06, deprivation=0.6, recording_risk=1.4, referral=0.8, rare_surname=0.12,
    ),
    Culture(
        key="punjabi_sikh", pool="punjabi", share=0.02, metropolitan=2.0, convention="singh_kaur",
        ethnicity={"AIND": 0.95, "AOTH": 0.05}, language={"PNJ": 0.6, "ENG": 0.4}, children=1.9,
        new_father=0.03,
        middle_name=0.1, arrived=0.06, recording_risk=1.1, referral=0.7,
    ),
    Culture(
        key="gujarati_hindu", pool="gujarati", share=0.024, metropolitan=2.2,
        ethnicity={"AIND": 0.96, "AOTH": 0.04},
        language={"GUJ": 0.6, "HIN": 0.1, "ENG": 0.3}, children=1.8, new_father=0.02, middle_name=0.35,
        arrived=0.12, deprivation=-0.3, referral=0.5, convention="fathers_forename_middle",
    ),
    Culture(
        key="tamil", pool="tamil", share=0.012, metropolitan=2.5, convention="fathers_name",
        ethnicity={"AOTH": 0.75, "AIND": 0.25}, language={"TAM": 0.9, "ENG": 0.1}, children=1.9,
        new_father=0.02,
        middle_name=0.05, arrived=0.12, recording_risk=1.5, swaps_names=True, referral=0.6,
    ),
    Culture(
        key="chinese", pool="chinese", share=0.012, metropolitan=1.8, convention="family_name_first",
        ethnicity={"CHNE": 1.0}, language={"CHI": 0.9, "ENG": 0.1}, children=1.6, new_father=0.02,
        middle_name=0.05, arrived=0.35, deprivation=-0.3, recording_risk=1.5, swaps_names=True, referral=0.5,
        rare_surname=0.05,
    ),
    Culture(
        key="vietnamese", pool="vietnamese", keeps_accents=0.15, share=0.007, metropolitan=2.2,
        convention="thi_van",
        ethnicity={"AOTH": 0.95, "CHNE": 0.05}, language={"VIE": 0.9, "ENG": 0.1}, middle_name=0.3,
        arrived=0.15,
        recording_risk=1.5, swaps_names=True, unaccompanied=0.12, rare_surname=0.06,
    ),
    Culture(
        key="nigerian", pool="yoruba", mixing=2.0, share=0.026, metropolitan=2.5,
        ethnicity={"BAFR": 0.96, "BOTH": 0.04},
        language={"YOR": 0.3, "IGB": 0.15, "ENG": 0.55}, children=2.3, middle_name=0.85, arrived=0.2,
        recording_risk=1.3, referral=1.1, rare_surname=0.45,
    ),
    Culture(
        key="ghanaian", pool="ghanaian", mixing=2.0, share=0.014, metropolitan=2.8, convention="day_name",
        ethnicity={"BAFR": 0.97, "BOTH": 0.03}, language={"AKA": 0.5, "ENG": 0.5}, children=2.2,
        middle_name=0.6,
        arrived=0.12, recording_risk=1.2, referral=1.1,
    ),
    Culture(
        key="somali", pool="somali", share=0.018, metropolitan=2.8, convention="chain",
        ethnicity={"BAFR": 0.97, "BOTH": 0.03}, language={"SOM": 0.9, "ENG": 0.1}, children=3.4,
        new_father=0.06,
        arrived=0.18, deprivation=1.0, recording_risk=2.0, swaps_names=True,
    ),
    Culture(
        key="arabic", pool="arabic", share=0.025, metropolitan=2.2, convention="fathers_forename_middle",
        ethnicity={"OOTH": 0.75, "WOTH": 0.1, "BAFR": 0.1, "AOTH": 0.05}, language={"ARA": 0.9, "ENG": 0.1},
        children=2.8, new_father=0.02, middle_name=0.6, arrived=0.3, deprivation=0.7, recording_risk=2.0,
        swaps_names=True, unaccompanied=0.28,
    ),
    Culture(
        key="caribbean", pool="caribbean", share=0.018, metropolitan=2.8, mixing=6.0,
        ethnicity={"BCRB": 0.85, "BOTH": 0.15},
        new_father=0.22, mothers_surname=0.3, double_barrelled=0.12, middle_name=0.7, arrived=0.02,
        deprivation=0.5, recording_risk=1.1, referral=1.4, rare_surname=0.3,
    ),
    Culture(
        key="albanian", pool="albanian", share=0.007, metropolitan=2.2, ethnicity={"WOTH": 1.0},
        language={"ALB": 0.9, "ENG": 0.1}, middle_name=0.08, arrived=0.2, recording_risk=1.4,
        unaccompanied=0.14,
    ),
    Culture(
        key="afghan", pool="afghan", share=0.008, metropolitan=2.2, ethnicity={"AOTH": 0.8, "OOTH": 0.2},
        language={"PRS": 0.6, "PHR": 0.35, "ENG": 0.05}, children=3.0, middle_name=0.1, arrived=0.5,
        deprivation=0.8, recording_risk=1.9, swaps_names=True, unaccompanied=0.3, rare_surname=0.3,
    ),
    Culture(
        key="eritrean", pool="eritrean", share=0.006, metropolitan=2.5, convention="chain",
        ethnicity={"BAFR": 1.0}, language={"TIR": 0.9, "ENG": 0.1}, arrived=0.3, deprivation=0.8,
        recording_risk=1.8, swaps_names=True, unaccompanied=0.16,
    ),
)

KEYS: tuple[str, ...] = tuple(culture.key for culture in CULTURES)

ETHNICITY_GROUPS: dict[str, str] = {
    "WBRI": "White", "WIRI": "White", "WIRT": "White", "WROM": "White", "WOTH": "White",
    "MWBC": "Mixed", "MWBA": "Mixed", "MWAS": "Mixed", "MOTH": "Mixed",
    "AIND": "Asian", "APKN": "Asian", "ABAN": "Asian", "AOTH": "Asian", "CHNE": "Asian",
    "BAFR": "Black", "BCRB": "Black", "BOTH": "Black", "OOTH": "Other",
}
"""The eighteen ethnicity codes of the returns and the five groups of the 2011 and 2021 censuses."""

ETHNICITY_LABELS: dict[str, tuple[str, ...]] = {
    "WBRI": ("White British", "W British", "White - British", "British"), "WIRI": ("White Irish", "Irish"),
    "WIRT": ("Traveller of Irish heritage", "Irish Traveller", "Traveller"),
    "WROM": ("Gypsy/Roma", "Roma", "Gypsy / Roma"),
    "WOTH": ("Any other White", "White other", "White European"),
    "MWBC": ("White and Black Caribbean", "Mixed W/B Caribbean"), "MWBA": ("White and Black African",),
    "MWAS": ("White and Asian", "Mixed White/Asian"), "MOTH": ("Any other mixed", "Mixed other", "Mixed"),
    "AIND": ("Indian", "Asian - Indian"), "APKN": ("Pakistani", "Asian Pakistani"),
    "ABAN": ("Bangladeshi", "Asian Bangladeshi"), "AOTH": ("Any other Asian", "Asian other"),
    "CHNE": ("Chinese",), "BAFR": ("Black African", "African"), "BCRB": ("Black Caribbean", "Caribbean"),
    "BOTH": ("Any other Black", "Black other"), "OOTH": ("Any other ethnic group", "Other", "Arab"),
}
"""How a local spreadsheet writes each code, the proper label first."""

ETHNICITY_CONFUSIONS: dict[str, tuple[str, ...]] = {
    "WBRI": ("WOTH", "MOTH", "WIRI"), "WIRI": ("WBRI", "WOTH"), "WIRT": ("WIRI", "WBRI", "WROM"),
    "WROM": ("WOTH", "WIRT", "WBRI"), "WOTH": ("WBRI", "OOTH", "MOTH"), "MWBC": ("BCRB", "WBRI", "MOTH"),
    "MWBA": ("BAFR", "MOTH", "MWBC"), "MWAS": ("MOTH", "AOTH", "WBRI"), "MOTH": ("WOTH", "MWAS", "OOTH"),
    "AIND": ("AOTH", "APKN"), "APKN": ("AOTH", "AIND"), "ABAN": ("AOTH", "APKN"), "AOTH": ("OOTH", "AIND"),
    "CHNE": ("AOTH", "OOTH"), "BAFR": ("BOTH", "BCRB"), "BCRB": ("BOTH", "MWBC", "BAFR"),
    "BOTH": ("BAFR", "BCRB"),
    "OOTH": ("WOTH", "AOTH", "MOTH"),
}
"""Codes that another clerk would choose for the same child."""
