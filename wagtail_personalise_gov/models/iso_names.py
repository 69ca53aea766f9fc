"""What ISO's lists do not say of places: the continent of a country, and the names that people write all the same.

Data only; `iso` looks things up in it. Names are in small letters.
"""

from __future__ import annotations

# Continent → ISO 3166-1 codes, after the column "Continent" of GeoNames' countryInfo.txt (CC BY 4.0, as of November
# 2026). MaxMind and DB-IP build on the same table.
_GEONAMES = {
    "AF": "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ NA "
    "NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW",
    "AN": "AQ BV GS HM TF",
    "AS": "AE AF AM AZ BD BH BN BT CC CN GE HK ID IL IN IO IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO MV MY NP OM "
    "PH PK PS QA SA SG SY TH TJ TM TR TW UZ VN YE",
    "EU": "AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME "
    "MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK",
    "NA": "AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF MQ MS MX NI PA PM PR SV SX TC "
    "TT US VC VG VI",
    "OC": "AS AU CK CX FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TL TO TV UM VU WF WS",
    "SA": "AR BO BR CL CO EC FK GF GY PE PY SR UY VE",
}
# Countries that lie on two continents, or that tables differ on. A rule is refused only where none says yes.
_ALSO = {
    "AF": "ES IO YE",
    "AN": "FK",
    "AS": "CX CY EG RU TL",
    "EU": "AM AZ GE KZ TR",
    "NA": "CO UM VE",
    "OC": "CC ID US",
    "SA": "AW BQ CW GS PA TT",
}
COUNTRIES_OF: dict[str, frozenset[str]] = {
    continent: frozenset(f"{codes} {_ALSO[continent]}".split()) for continent, codes in _GEONAMES.items()
}

# Names of countries beside ISO 3166-1's own.
COUNTRY_NAMES = {
    "uk": "GB",
    "britain": "GB",
    "great britain": "GB",
    "usa": "US",
    "america": "US",
    "united states of america": "US",
    "eire": "IE",
    "éire": "IE",
    "republic of ireland": "IE",
    "bosnia": "BA",
    "brunei": "BN",
    "burma": "MM",
    "cape verde": "CV",
    "czech republic": "CZ",
    "democratic republic of the congo": "CD",
    "dr congo": "CD",
    "drc": "CD",
    "east timor": "TL",
    "falkland islands": "FK",
    "falklands": "FK",
    "holland": "NL",
    "the netherlands": "NL",
    "iran": "IR",
    "ivory coast": "CI",
    "laos": "LA",
    "macau": "MO",
    "macedonia": "MK",
    "micronesia": "FM",
    "moldova": "MD",
    "north korea": "KP",
    "palestine": "PS",
    "republic of the congo": "CG",
    "russia": "RU",
    "saint helena": "SH",
    "south korea": "KR",
    "swaziland": "SZ",
    "syria": "SY",
    "taiwan": "TW",
    "tanzania": "TZ",
    "the gambia": "GM",
    "turkey": "TR",
    "uae": "AE",
    "vatican": "VA",
    "vatican city": "VA",
    "venezuela": "VE",
    "bolivia": "BO",
    "vietnam": "VN",
}

EUROPEAN_UNION = frozenset({"eu", "the eu", "e.u.", "european union", "the european union"})

# Names of regions beside ISO 3166-2's own. Welsh names are in pycountry's list already, in square brackets.
REGION_NAMES = {
    "cymru": "GB-WLS",
    "alba": "GB-SCT",
    "tuaisceart éireann": "GB-NIR",
    "anglesey": "GB-AGY",
    "aberdeen": "GB-ABE",
    "bristol": "GB-BST",
    "dundee": "GB-DND",
    "durham": "GB-DUR",
    "edinburgh": "GB-EDH",
    "glasgow": "GB-GLG",
    "hull": "GB-KHL",
    "newcastle": "GB-NET",
    "orkney": "GB-ORK",
    "scilly": "GB-IOS",
    "shetland": "GB-ZET",
    "vale of glamorgan": "GB-VGL",
    "western isles": "GB-ELS",
    "ynys môn": "GB-AGY",
}

# What people in the United Kingdom call regions and ISO 3166-2 has no one code for. Databases may know them by name, so
# none is a misspelling of its neighbour ("South Yorkshire" of "North Yorkshire").
REGIONS_WITHOUT_CODE = frozenset(
    {
        "antrim", "armagh", "avon", "bedfordshire", "berkshire", "cheshire", "cleveland", "clwyd", "county antrim",
        "county armagh", "county down", "county fermanagh", "county londonderry", "county tyrone", "down", "dyfed",
        "east midlands", "east of england", "fermanagh", "glamorgan", "greater london", "greater manchester", "gwent",
        "humberside", "london", "londonderry", "merseyside", "mid wales", "middlesex", "north east england",
        "north wales", "north west england", "northamptonshire", "south east england", "south wales",
        "south west england", "south yorkshire", "sussex", "tyne and wear", "tyrone", "west midlands", "west wales",
        "west yorkshire", "yorkshire",
    }
)  # fmt: skip
