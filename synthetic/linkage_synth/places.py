"""Authorities, their postcodes and their schools. Postcode areas are made up: none exists."""

from dataclasses import dataclass

import numpy as np

from linkage_synth.arrays import Floats, Ints, Texts, choose, texts

ADDRESSES_PER_POSTCODE = 17
HOUSEHOLDS_WITH_CHILDREN = 0.35
"""Share of addresses that have a child: a postcode holds about six of the world's households."""

# Authorities by their DfE numbers, in the order in which a growing world takes them in: London boroughs,
# metropolitan boroughs and the rest in turn. The City of London and the Isles of Scilly are left out.
_LONDON = [*range(202, 214), *range(301, 321)]
_METROPOLITAN = [
    *range(330, 337), *range(340, 345), *range(350, 360), *range(370, 374), *range(380, 385),
    *range(390, 395),
]  # fmt: skip
_ELSEWHERE = [
    873, 881, 925, 886, 830, 860, 926, 931, 938, 850, 878, 916, 935, 936, 937, 908, 909, 815, 816, 801, 810,
    825, 831, 845, 855, 865, 866, 867, 868, 869, 870, 871, 872, 874, 876, 877, 879, 880, 882, 883, 884, 885,
    887, 888, 889, 890, 891, 892, 893, 894, 895, 896, 800, 802, 803, 805, 806, 807, 808, 811, 812, 813, 820,
    821, 822, 823, 826, 835, 836, 837, 840, 841, 846, 851, 852, 856, 857, 861, 919, 921, 928, 929, 933,
]  # fmt: skip


def _in_turn() -> tuple[tuple[int, str], ...]:
    """Three of every five new authorities are outside London and the metropolitan boroughs."""
    queues = {"london": list(_LONDON), "metropolitan": list(_METROPOLITAN), "elsewhere": list(_ELSEWHERE)}
    turns = ("london", "metropolitan", "elsewhere", "elsewhere", "elsewhere")
    taken: list[tuple[int, str]] = []
    while any(queues.values()):
        taken.extend((queues[kind].pop(0), kind) for kind in turns if queues[kind])
    return tuple(taken)


AUTHORITIES = _in_turn()

# The areas in use in the United Kingdom and its islands, which the made-up ones must not meet.
_REAL_AREAS = frozenset({
    "AB", "AL", "BA", "BB", "BD", "BF", "BH", "BL", "BN", "BR", "BS", "BT", "BX", "CA", "CB", "CF", "CH",
    "CM", "CO", "CR", "CT", "CV", "CW", "DA", "DD", "DE", "DG", "DH", "DL", "DN", "DT", "DY", "EC", "EH",
    "EN", "EX", "FK", "FY", "GL", "GU", "GX", "GY", "HA", "HD", "HG", "HP", "HR", "HS", "HU", "HX", "IG",
    "IM", "IP", "IV", "JE", "KA", "KT", "KW", "KY", "LA", "LD", "LE", "LL", "LN", "LS", "LU", "ME", "MK",
    "ML", "NE", "NG", "NN", "NP", "NR", "NW", "OL", "OX", "PA", "PE", "PH", "PL", "PO", "PR", "QC", "RG",
    "RH", "RM", "SA", "SE", "SG", "SK", "SL", "SM", "SN", "SO", "SP", "SR", "SS", "ST", "SW", "SY", "TA",
    "TD", "TF", "TN", "TQ", "TR", "TS", "TW", "UB", "WA", "WC", "WD", "WF", "WN", "WR", "WS", "WV", "XX",
    "YO", "ZE", "ZZ",
})  # fmt: skip
_MADE_UP_AREAS = [
    first + second
    for second in "AEHKLNRTWYBCDFGMOPSU"
    for first in "BDEGHKLNPRSTWYACFMU"
    if first + second not in _REAL_AREAS
]
_INWARD = "ABDEFGHJLNPQRSTUWXYZ"


@dataclass(frozen=True)
class Places:
    """One entry per authority, postcode or school; postcodes and schools stand in order of authority."""

    authority_code: Texts
    authority_share: Floats
    authority_is_metropolitan: Floats
    """1.0 for London and the metropolitan boroughs, 0.0 elsewhere."""
    postcode: Texts
    postcode_authority: Ints
    postcode_from: Ints
    """First postcode of each authority, with one more entry for the end."""
    homes_to: Ints
    """End of each authority's ordinary postcodes; from here to the next authority they are communal."""
    idaci_score: Floats
    """Income deprivation affecting children, 0 to 1, by postcode."""
    idaci_rank: Ints
    """1 is the most deprived of 32,844 neighbourhoods."""
    school_authority: Ints
    school_estab: Ints
    school_urn: Ints
    school_is_secondary: Ints
    primary_from: Ints
    secondary_from: Ints
    """First primary and first secondary school of each authority; each authority has its primaries first."""

    @property
    def authorities(self) -> int:
        """How many authorities there are."""
        return len(self.authority_code)


def authority_count(children: int) -> int:
    """4 authorities for 20,000 children, 150 for a million: it grows a little slower than the population."""
    return int(np.clip(round(4 * (children / 20_000) ** 0.9265), 3, 150))


def _postcode_texts(area: list[str], numbers: Ints) -> list[str]:
    """Text of the n-th postcode of an area: 12 districts, 9 sectors in each, 400 units in each."""
    result = []
    for letters, number in zip(area, numbers.tolist(), strict=True):
        # Neighbouring numbers share a sector, as neighbouring homes do.
        unit, sector = number % 61, number // 61
        scattered = (unit * 151 + sector * 37) % 400
        district = 1 + sector // 9
        result.append(f"{letters}{district} {1 + sector % 9}{_INWARD[scattered // 20]}{_INWARD[scattered % 20]}")
    return result


def build_places(rng: np.random.Generator, children: int) -> Places:
    """The authorities, postcodes and schools for a world of that many children."""
    count = authority_count(children)
    chosen = AUTHORITIES[:count]
    share = rng.lognormal(0.0, 0.45, count)
    share /= share.sum()
    metropolitan = np.array([float(kind != "elsewhere") for _, kind in chosen])
    residents = share * children

    homes = np.ceil(residents / 1.7 / (ADDRESSES_PER_POSTCODE * HOUSEHOLDS_WITH_CHILDREN)).astype(np.int64) + 5
    communal = np.ceil(residents / 4000).astype(np.int64) + 2
    total = homes + communal
    postcode_from = np.r_[0, np.cumsum(total)].astype(np.int64)
    authority = np.repeat(np.arange(count), total)
    within = np.arange(postcode_from[-1]) - postcode_from[authority]
    postcode = texts(_postcode_texts([_MADE_UP_AREAS[index] for index in authority.tolist()], within))

    # Deprivation: an authority has its level, its neighbourhoods (61 postcodes) vary round it.
    level = rng.normal(-1.7 + 0.4 * metropolitan, 0.35)
    neighbourhood = authority * 10_000 + within // 61
    numbers, place = np.unique(neighbourhood, return_inverse=True)
    score_logit = level[authority] + rng.normal(0.0, 0.75, len(numbers))[place]
    score = np.round(1 / (1 + np.exp(-score_logit)), 3)
    rank = np.clip(np.round(32_844 * (1 - score) ** 3), 1, 32_844).astype(np.int64)

    cohort = residents / 19 * 0.93
    primaries = np.maximum(3, np.round(cohort / 32)).astype(np.int64)
    secondaries = np.maximum(2, np.round(cohort / 150)).astype(np.int64)
    schools = primaries + secondaries
    first_school = np.r_[0, np.cumsum(schools)].astype(np.int64)
    school_authority = np.repeat(np.arange(count), schools)
    order = np.arange(first_school[-1]) - first_school[school_authority]
    secondary = (order >= primaries[school_authority]).astype(np.int64)
    estab = np.where(secondary == 1, 4000 + (order - primaries[school_authority]) * 3, 2000 + order * 3)
    urn = 100_000 + rng.permutation(45_000)[: len(order)]
    return Places(
        authority_code=texts([f"{code:03d}" for code, _ in chosen]),
        authority_share=share,
        authority_is_metropolitan=metropolitan,
        postcode=postcode,
        postcode_authority=authority,
        postcode_from=postcode_from,
        homes_to=postcode_from[:-1] + homes,
        idaci_score=score,
        idaci_rank=rank,
        school_authority=school_authority,
        school_estab=estab,
        school_urn=urn,
        school_is_secondary=secondary,
        primary_from=first_school[:-1],
        secondary_from=first_school[:-1] + primaries,
    )


def draw_home(rng: np.random.Generator, places: Places, authority: Ints) -> Ints:
    """An ordinary postcode in each authority."""
    first = places.postcode_from[authority]
    return first + (rng.random(len(authority)) * (places.homes_to[authority] - first)).astype(np.int64)


def draw_communal(rng: np.random.Generator, places: Places, authority: Ints) -> Ints:
    """A children's home, hostel or refuge in each authority: a few postcodes shared by many."""
    first = places.homes_to[authority]
    return first + (rng.random(len(authority)) * (places.postcode_from[authority + 1] - first)).astype(np.int64)


def draw_authority(rng: np.random.Generator, places: Places, size: int) -> Ints:
    """Authorities in proportion to their size."""
    return choose(rng, places.authority_share, size)
