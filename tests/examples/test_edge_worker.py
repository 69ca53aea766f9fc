"""The worker at the edge: its page is the one that the site would have made for that visitor, and it never asks."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from wagtail.models import Site

from tests.agency.models import AgencyPage, PlainPage
from tests.api.calling import API
from tests.api.surfaces import page_for_each, shown_in
from tests.api.tokens import make_token
from tests.factories import committed, hero, make_intent, make_page, make_segment, personalised
from wagtail_personalise_gov.compiling import pause
from wagtail_personalise_gov.models import (
    AccountRule,
    DateRangeRule,
    DayOfWeekRule,
    DeviceRule,
    FirstTimeVisitorRule,
    LanguageRule,
    LocationRule,
    NetworkRule,
    PathRule,
    QueryRule,
    SegmentRule,
    SiteRule,
    TimeOfDayRule,
    VisitIntentRule,
)
from wagtail_personalise_gov.models.api_tokens import Scope
from wagtail_personalise_gov.portable.signing import RulesetKey

from .edge import MODULES, WORKER, Network, network

pytestmark = pytest.mark.node
pytest.importorskip("cryptography", reason="cryptography is not installed (it comes with the extra 'test')")

NOON = datetime(2026, 4, 18, 11, tzinfo=UTC)  # a Saturday; in London it is 12:00
TODAY = int(NOON.timestamp()) // 86_400
RIVERSIDE = {"CF-IPCountry": "GB", "CF-IPCity": "Riverside"}
FRANCE = {"CF-IPCountry": "FR", "CF-IPCity": "Lyon"}
FOR_EVERYBODY = {"saturdays", "afternoons", "april", "here", "this-site"}  # told from what is not about the visitor


def chose(cookie: str) -> dict[str, str]:
    return {"Cookie": f"personalise_choice={cookie}"}


@pytest.fixture
def edge(tmp_path: Path, configure: Callable[..., None]) -> Iterator[Network]:
    """A network whose headers the site believes too, so that both are told the same of a visitor."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    file = tmp_path / "ruleset.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    configure(
        RULESET_KEY=str(file),
        GEO_PROVIDER="wagtail_personalise_gov.visit.geo.HeaderGeo",
        GEO_HEADERS={"country": "CF-IPCountry", "city": "CF-IPCity"},
        TRUSTED_PROXIES=["127.0.0.1"],
    )
    with network(tmp_path / "edge-worker", RulesetKey(key)) as running, time_machine.travel(NOON, tick=False):
        yield running


@pytest.fixture
def page(home: AgencyPage) -> AgencyPage:
    """At /for-each/: a line for each segment that an edge can tell."""
    riverside = make_segment("riverside", LocationRule(countries=["GB"], cities=["Riverside"]))
    return page_for_each(
        home,
        riverside,
        make_segment("abroad", LocationRule(countries=["GB"], negated=True)),
        make_segment("elsewhere", SegmentRule(other=riverside, negated=True)),
        make_segment("welsh", LanguageRule(languages=["cy"])),
        make_segment("phones", DeviceRule(kinds=["mobile"])),
        make_segment("council", NetworkRule(networks=["192.0.2.0/24"], name="our offices")),
        make_segment("housing", QueryRule(parameter="topic", values=["housing"])),
        make_segment("here", PathRule(where="paths", paths=["/for-each/"])),
        make_segment("there", PathRule(where="paths", paths=["/elsewhere/"])),
        make_segment("this-site", SiteRule(site=Site.objects.get(is_default_site=True))),
        make_segment("saturdays", DayOfWeekRule(days=["saturday"])),
        make_segment("afternoons", TimeOfDayRule(start=time(12), end=time(18), time_zone="Europe/London")),
        make_segment("april", DateRangeRule(first_day=date(2026, 4, 1), last_day=date(2026, 4, 18))),
        make_segment("learners", LanguageRule(languages=["cy"]), learning=True),
    )


def by_the_site(page: AgencyPage, query: str = "", **headers: str) -> tuple[Any, set[str]]:
    """The page as the site's API gives it to a new visitor, and what the page in HTML shows them."""
    in_json = Client().get(f"{API}/pages/{page.pk}/{query}", headers=headers)
    in_html = Client().get(f"{page.url}{query}", headers=headers)
    assert (in_json.status_code, in_html.status_code) == (200, 200)
    return in_json.json(), shown_in(in_html.content.decode())


VISITORS: dict[str, tuple[dict[str, str], str, set[str]]] = {
    "nobody in particular": ({}, "", FOR_EVERYBODY),
    "in Riverside": (RIVERSIDE, "", FOR_EVERYBODY | {"riverside"}),
    "in another town": ({"CF-IPCountry": "GB", "CF-IPCity": "Hilltop"}, "", FOR_EVERYBODY | {"elsewhere"}),
    "in France": (FRANCE, "", FOR_EVERYBODY | {"abroad", "elsewhere"}),
    "of whom the network knows no place": ({"CF-IPCountry": "", "CF-IPCity": ""}, "", FOR_EVERYBODY),
    "in what is no country": ({"CF-IPCountry": "ZZ", "CF-IPCity": "Lyon"}, "", FOR_EVERYBODY),
    "behind Tor": ({"CF-IPCountry": "T1", "CF-IPCity": "Lyon"}, "", FOR_EVERYBODY),
    "who reads Welsh": ({"Accept-Language": "en;q=0.5, cy-GB"}, "", FOR_EVERYBODY | {"welsh"}),
    "who does not want Welsh": ({"Accept-Language": "en, cy;q=0"}, "", FOR_EVERYBODY),
    "whose languages are none": ({"Accept-Language": "cy, !"}, "", FOR_EVERYBODY),
    "whose languages have no such quality": ({"Accept-Language": "cy;q=1.5"}, "", FOR_EVERYBODY),
    "with a phone": ({"Sec-CH-UA-Mobile": "?1"}, "", FOR_EVERYBODY | {"phones"}),
    "in the office": (
        {"CF-Connecting-IP": "192.0.2.7", "X-Forwarded-For": "192.0.2.7"},
        "",
        FOR_EVERYBODY | {"council"},
    ),
    "with a topic": ({}, "?topic=a&topic=Housing", FOR_EVERYBODY | {"housing"}),
    "whose query is broken": (RIVERSIDE, "?topic=housing&%&=%zz", FOR_EVERYBODY | {"riverside", "housing"}),
    "whose topic is encoded": ({}, "?to%70ic=hous%69ng&x=a+b", FOR_EVERYBODY | {"housing"}),
    "whose topic is empty at the end": ({}, "?topic=housing&topic=", FOR_EVERYBODY),
    "who asks for the standard version": (RIVERSIDE, "?personalise=standard", FOR_EVERYBODY),
    "who asks for it twice": (
        RIVERSIDE,
        "?personalise=standard&personalise=standard",
        FOR_EVERYBODY | {"riverside"},
    ),
    "who asks for it and a group's": (
        RIVERSIDE,
        "?personalise=standard&personalise_as=welsh",
        FOR_EVERYBODY | {"riverside"},
    ),
    "who asks for it in other words": (RIVERSIDE, "?personalise=Standard", FOR_EVERYBODY | {"riverside"}),
    "who asks for a group's": (RIVERSIDE, "?personalise_as=welsh&topic=housing", FOR_EVERYBODY | {"welsh"}),
    "who refused and asks for a group's": (
        RIVERSIDE | chose("refused.1"),
        "?personalise_as=riverside",
        FOR_EVERYBODY | {"riverside"},
    ),
    "who asks for the group of everybody": (RIVERSIDE, "?personalise_as=saturdays", FOR_EVERYBODY),
    "who asks for that of a segment in learning mode": (RIVERSIDE, "?personalise_as=learners", FOR_EVERYBODY),
    "who asks for that of nobody": (RIVERSIDE, "?personalise_as=constructor", FOR_EVERYBODY),
    "who asks for two groups'": (
        RIVERSIDE,
        "?personalise_as=welsh&personalise_as=welsh",
        FOR_EVERYBODY | {"riverside"},
    ),
    "who allowed it": (RIVERSIDE | chose(f"allowed.1.{TODAY}"), "", FOR_EVERYBODY | {"riverside"}),
    "who refused": (RIVERSIDE | chose(f"refused.1.{TODAY}"), "?topic=housing", FOR_EVERYBODY),
    "who refused in a past policy": (RIVERSIDE | chose(f"refused.0.{TODAY - 300}"), "", FOR_EVERYBODY),
    "whose refusal is over": (RIVERSIDE | chose(f"refused.1.{TODAY - 366}"), "", FOR_EVERYBODY | {"riverside"}),
    "with GPC": (RIVERSIDE | {"Sec-GPC": "1"}, "", FOR_EVERYBODY),
    "with DNT": (RIVERSIDE | {"DNT": "1"}, "", FOR_EVERYBODY),
    "with GPC, who allowed it before": (
        RIVERSIDE | {"Sec-GPC": "1"} | chose(f"allowed.1.{TODAY}"),
        "",
        FOR_EVERYBODY,
    ),
    "with GPC, who allowed it all the same": (
        RIVERSIDE | {"Sec-GPC": "1"} | chose(f"allowed.1.{TODAY}.g"),
        "",
        FOR_EVERYBODY | {"riverside"},
    ),
    "with another site's cookies": (RIVERSIDE | {"Cookie": "a=b; c"}, "", FOR_EVERYBODY | {"riverside"}),
}


@pytest.mark.parametrize("headers, query, shown", VISITORS.values(), ids=VISITORS)
def test_its_page_is_the_sites_and_the_site_is_not_asked(
    edge: Network, page: AgencyPage, headers: dict[str, str], query: str, shown: set[str]
) -> None:
    edge.keeps(page)
    told = edge.get(f"/for-each/{query}", **headers)
    in_json, in_html = by_the_site(page, query, **headers)
    assert told.page == in_json
    assert shown_in(told.body) == in_html == shown
    assert told.fetched == []


def test_of_whoever_follows_a_link_to_a_version_nothing_is_read(edge: Network, page: AgencyPage) -> None:
    edge.keeps(page)
    for query in ("?personalise=standard", "?personalise_as=riverside"):
        told = edge.get(f"/for-each/{query}", **RIVERSIDE)
        assert told.asked == []
        assert (told.headers["cache-control"], told.headers["x-robots-tag"]) == ("private, no-store", "noindex")
        assert Client().get(f"{API}/pages/{page.pk}/{query}")["X-Robots-Tag"] == "noindex"
    for query in ("", "?personalise=standard&personalise=standard"):
        assert "x-robots-tag" not in edge.get(f"/for-each/{query}", **RIVERSIDE).headers


def test_a_page_whose_address_is_no_ascii_is_found_however_it_is_encoded(edge: Network, home: AgencyPage) -> None:
    here = make_segment("here", PathRule(where="paths", paths=["/caff\xe8/"]))
    below = PathRule(where="section", section=make_page("Caff\xe8", parent=home, slug="caff\xe8"))
    groups = (here, make_segment("below", below))
    lines = [("line", personalised("for all", (group, f"only for {group.slug}."))) for group in groups]
    page = make_page("T\xe8", *lines, parent=below.section, slug="t\xe8")
    edge.keeps(page)
    for path in ("/caff%C3%A8/t%C3%A8/", "/caff%c3%a8/%74%c3%a8/"):
        told = edge.get(path)
        assert told.page == by_the_site(page)[0]
        assert shown_in(told.body) == shown_in(Client().get(path).content.decode()) == {"below"}
    for path in ("/caff%E8/t%E8/", "/%zz/"):
        assert edge.get(path).status == Client().get(path).status_code == 404


@pytest.mark.parametrize(
    "cookie, shows", [("", False), (f"allowed.1.{TODAY}", True), (f"allowed.1.{TODAY - 183}", False)]
)
def test_where_a_site_asks_first_only_a_choice_that_holds_adapts(
    edge: Network, page: AgencyPage, configure: Callable[..., None], cookie: str, shows: bool
) -> None:
    configure(MODE="opt_in")
    edge.keeps(page)
    headers = RIVERSIDE | (chose(cookie) if cookie else {})
    told = edge.get("/for-each/", **headers)
    assert told.page == by_the_site(page, **headers)[0]
    assert ("riverside" in shown_in(told.body)) is shows


def test_an_acceptance_of_an_older_policy_is_none(
    edge: Network, page: AgencyPage, configure: Callable[..., None]
) -> None:
    configure(MODE="opt_in", POLICY_VERSION=2)
    edge.keeps(page)
    for cookie, shows in [(f"allowed.1.{TODAY}", False), (f"allowed.2.{TODAY}", True)]:
        told = edge.get("/for-each/", **RIVERSIDE, **chose(cookie))
        assert told.page == by_the_site(page, **RIVERSIDE, **chose(cookie))[0]
        assert ("riverside" in shown_in(told.body)) is shows


@pytest.mark.parametrize("headers", [chose("refused.1"), {"Sec-GPC": "1"}, {"DNT": "1"}])
def test_of_whoever_refuses_nothing_is_read(edge: Network, page: AgencyPage, headers: dict[str, str]) -> None:
    edge.keeps(page)
    asks = set(edge.get("/for-each/", **RIVERSIDE).asked)
    assert {"cf-ipcountry", "accept-language", "sec-ch-ua-mobile", "cf-connecting-ip"} <= asks
    assert set(edge.get("/for-each/", **RIVERSIDE, **headers).asked) <= {"cookie", "sec-gpc", "dnt"}


def test_nothing_is_read_that_no_version_on_the_page_asks(edge: Network, home: AgencyPage, page: AgencyPage) -> None:
    welsh = LanguageRule(languages=["cy"])
    lines = ("line", personalised("for everybody", (make_segment("cymraeg", welsh), "only for cymraeg.")))
    edge.keeps(make_page("Welsh", lines, parent=home, slug="welsh"))
    told = edge.get("/welsh/", **RIVERSIDE, **{"Accept-Language": "cy"})
    assert shown_in(told.body) == {"cymraeg"}
    assert set(told.asked) == {"cookie", "sec-gpc", "dnt", "accept-language"}


# The clock


@pytest.mark.parametrize(
    "moment, shown",
    [
        (datetime(2026, 4, 18, 10, 59, tzinfo=UTC), {"saturdays", "april"}),  # 11:59 in London
        (datetime(2026, 4, 18, 11, 0, tzinfo=UTC), {"saturdays", "april", "afternoons"}),
        (datetime(2026, 4, 18, 22, 59, tzinfo=UTC), {"saturdays", "april"}),
        (datetime(2026, 4, 18, 23, 0, tzinfo=UTC), set()),  # the 19th in London
        (datetime(2026, 12, 26, 12, 0, tzinfo=UTC), {"saturdays", "afternoons"}),  # in winter, London is at UTC
    ],
)
def test_the_clock_is_the_sites(
    edge: Network, page: AgencyPage, settings: Any, moment: datetime, shown: set[str]
) -> None:
    settings.TIME_ZONE = "Europe/London"
    with time_machine.travel(moment, tick=False):
        edge.keeps(page)
        told = edge.get("/for-each/")
        assert told.page == by_the_site(page)[0]
    assert shown_in(told.body) == shown | {"here", "this-site"}


# What an edge can't tell


def test_what_only_the_site_can_tell_shows_the_standard_version(edge: Network, home: AgencyPage) -> None:
    page = page_for_each(
        home,
        make_segment("new", FirstTimeVisitorRule()),
        make_segment("not-new", FirstTimeVisitorRule(negated=True)),
        make_segment("founders", VisitIntentRule(intent=make_intent("business"))),
        make_segment("signed-in", AccountRule(who="signed_in")),
        make_segment("on-site", DayOfWeekRule(days=["saturday"])),
    )
    edge.keeps(page)
    told = edge.get("/for-each/", Cookie="personalise_memory=x; sessionid=y")
    assert shown_in(told.body) == {"on-site"}
    assert by_the_site(page)[1] == {"on-site", "new"}  # the site knows more


def test_whoever_may_have_said_where_they_are_is_not_guessed_to_be_anywhere(edge: Network, page: AgencyPage) -> None:
    edge.keeps(page)
    for cookie in ("personalise_visit=x", "__Host-personalise_visit=x"):
        assert shown_in(edge.get("/for-each/", **RIVERSIDE, Cookie=cookie).body) == FOR_EVERYBODY
    other = "xpersonalise_visit=x; personalise_visitor=x; a=personalise_visit"
    told = edge.get("/for-each/", **RIVERSIDE, Cookie=other)
    assert shown_in(told.body) == FOR_EVERYBODY | {"riverside"}


def test_a_segment_with_visitors_held_back_for_comparison_is_nobodys_while_the_site_counts(
    edge: Network, home: AgencyPage, configure: Callable[..., None]
) -> None:
    page = page_for_each(home, make_segment("compared", LanguageRule(languages=["cy"]), holdout_percent=10))
    edge.keeps(page)
    assert shown_in(edge.get("/for-each/", **{"Accept-Language": "cy"}).body) == {"compared"}
    configure(COUNTING=True)
    edge.keeps(page)
    assert shown_in(edge.get("/for-each/", **{"Accept-Language": "cy"}).body) == set()


def test_of_those_to_whom_pages_do_not_adapt_nobody_is_held_back(
    edge: Network, home: AgencyPage, configure: Callable[..., None]
) -> None:
    configure(COUNTING=True)
    page = page_for_each(home, make_segment("saturdays", DayOfWeekRule(days=["saturday"]), holdout_percent=50))
    edge.keeps(page)
    assert shown_in(edge.get("/for-each/").body) == set()
    for headers, query in ((chose("refused.1"), ""), ({"Sec-GPC": "1"}, ""), ({}, "?personalise=standard")):
        told = edge.get(f"/for-each/{query}", **headers)
        assert told.page == by_the_site(page, query, **headers)[0]
        assert shown_in(told.body) == {"saturdays"}


# Whatever is not as it should be


def standard(page: AgencyPage) -> Any:
    """The page with the standard version of every block, whatever the clock says."""
    told = by_the_site(page)[0]
    for block in told["body"]:
        block["value"] = {"variant": None, "content": "for everybody"}
    return told


def test_a_ruleset_that_was_changed_decides_nothing(edge: Network, page: AgencyPage) -> None:
    edge.keeps(page)
    content, signature = edge.ruleset
    assert shown_in(edge.get("/for-each/", **FRANCE).body) > FOR_EVERYBODY
    changed = content.replace(b'"GB"', b'"FR"')
    assert changed != content
    no_signature = ["", signature[:-4] + "AAAA", "e30..e30"]
    for spoilt, signed in [(changed, signature), *((content, other) for other in no_signature), (b"", signature)]:
        edge.keeps_ruleset(spoilt, signed)
        told = edge.get("/for-each/", **FRANCE)
        assert told.page == standard(page)
        assert told.headers["cache-control"] == "private, no-store"
        assert told.asked == []  # who can't be decided about is not looked at
    edge.keeps_ruleset(content, signature)
    assert shown_in(edge.get("/for-each/", **FRANCE).body) > FOR_EVERYBODY


def test_a_ruleset_of_another_key_decides_nothing(edge: Network, page: AgencyPage) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    edge.keeps(page)
    content, _signature = edge.ruleset
    edge.keeps_ruleset(content, RulesetKey(Ed25519PrivateKey.generate()).sign(content))
    assert edge.get("/for-each/", **RIVERSIDE).page == standard(page)


def test_what_fails_to_be_read_leaves_the_rest_as_it_is(edge: Network, page: AgencyPage) -> None:
    edge.keeps(page)
    content, _signature = edge.ruleset
    elsewhere = json.dumps(json.loads(content) | {"time_zone": "Nowhere/AtAll"}).encode()
    edge.keeps_ruleset(elsewhere, edge.key.sign(elsewhere))
    assert shown_in(edge.get("/for-each/", **RIVERSIDE).body) == {"riverside", "here", "this-site"}


@pytest.mark.parametrize("seconds_ago, decides", [(0, True), (299, True), (300, False), (86_400, False)])
def test_a_ruleset_that_could_not_be_renewed_decides_nothing(
    edge: Network, page: AgencyPage, seconds_ago: int, decides: bool
) -> None:
    edge.keeps(page)
    edge.keeps_ruleset(*edge.ruleset, seconds_ago=seconds_ago)
    told = edge.get("/for-each/", **RIVERSIDE)
    assert ("riverside" in shown_in(told.body)) is decides
    if not decides:
        assert told.page == standard(page)


@pytest.mark.parametrize(
    "kept", [None, "", "{}", "nonsense", json.dumps({"content": "1", "signature": 1, "asked": "x"})]
)
def test_without_a_ruleset_everybody_gets_the_standard_version(
    edge: Network, page: AgencyPage, kept: str | None
) -> None:
    edge.keeps(page)
    edge.kept.pop("ruleset")
    if kept is not None:
        edge.kept["ruleset"] = kept
    assert edge.get("/for-each/", **RIVERSIDE).page == standard(page)


def test_while_the_site_is_paused_everybody_gets_the_standard_version(edge: Network, page: AgencyPage) -> None:
    edge.keeps(page)
    with committed():
        pause()
    edge.keeps()  # within a minute
    told = edge.get("/for-each/", **RIVERSIDE)
    assert told.page == by_the_site(page, **RIVERSIDE)[0] == standard(page)


def test_a_site_that_is_off_is_off_at_the_edge(edge: Network, page: AgencyPage, configure: Callable[..., None]) -> None:
    configure(MODE="off")
    edge.keeps(page)
    assert edge.get("/for-each/", **RIVERSIDE).page == by_the_site(page, **RIVERSIDE)[0] == standard(page)


# Blocks, headers and methods


def test_blocks_within_blocks_and_those_that_others_do_not_see(edge: Network, home: AgencyPage) -> None:
    welsh = make_segment("welsh", LanguageRule(languages=["cy"]))
    french = make_segment("french", LanguageRule(languages=["fr"]))
    column = {
        "title": "Column",
        "offer": personalised(hero("Standard"), (french, hero("French")), (welsh, hero("Welsh"))),
    }
    alone = personalised("", (welsh, "only for welsh."), nothing_for_others=True)
    page = make_page("Deep", ("column", column), ("line", alone), ("hero", hero("For all")), parent=home, slug="deep")
    edge.keeps(page)
    for language in ("cy", "fr", "de", "cy, fr;q=0.9"):
        headers = {"Accept-Language": language}
        assert edge.get("/deep/", **headers).page == by_the_site(page, **headers)[0]


def test_no_cache_keeps_one_visitors_page_and_any_keeps_everybodys(
    edge: Network, page: AgencyPage, plain_page: PlainPage
) -> None:
    edge.keeps(page, plain_page)
    for headers in ({}, RIVERSIDE, chose("refused.1")):
        assert edge.get("/for-each/", **headers).headers["cache-control"] == "private, no-store"
    told = edge.get("/plain/", **RIVERSIDE)
    assert told.headers["cache-control"] == "public, max-age=60"
    assert told.asked == []
    assert told.page == by_the_site(plain_page)[0]
    assert "set-cookie" not in told.headers


def test_it_reads_pages_that_it_has_and_nothing_else(edge: Network, page: AgencyPage) -> None:
    edge.keeps(page)
    whole, head = edge.get("/for-each/"), edge.get("/for-each/", method="HEAD")
    assert (head.status, head.body, head.headers) == (200, "", whole.headers)
    posted = edge.get("/for-each/", method="POST")
    assert (posted.status, posted.headers["allow"], posted.body) == (405, "GET, HEAD", "")
    assert edge.get("/nowhere/").status == 404
    assert edge.get("/for-each/?%", **RIVERSIDE).status == 200


def test_a_page_kept_before_a_segment_was_archived_shows_nothing_for_it(edge: Network, page: AgencyPage) -> None:
    from wagtail_personalise_gov.models import Segment

    edge.keeps(page)
    with committed():
        Segment.objects.get(slug="riverside").unpublish()
    edge.keeps()
    assert shown_in(edge.get("/for-each/", **RIVERSIDE).body) == FOR_EVERYBODY


def test_it_is_made_of_what_its_folder_and_the_package_hold() -> None:
    imported = re.findall(r'from "\./([^"]+)"', "".join(file.read_text() for file in WORKER.glob("*.mjs")))
    assert set(imported) == {*MODULES, "facts.mjs", "address.mjs"}


# What it keeps


def run_keep(folder: Path, site: str, token: str, *paths: str, times: int = 1) -> Any:
    env = {"API": f"{site}{API}/", "TOKEN": token, "PATHS": json.dumps(paths or ["/for-each/"])}
    command = ["node", str(Path(__file__).parent / "run_keep.mjs"), str(folder), str(times), json.dumps(env)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_the_timer_keeps_what_the_worker_decides_by_and_asks_for_changes_alone(
    edge: Network, page: AgencyPage, live_server: Any, tmp_path: Path
) -> None:
    token = make_token(Scope.RULESET, Scope.VARIANTS)
    done = run_keep(tmp_path / "edge-worker", live_server.url, token, times=2)
    assert done["statuses"] == [200, 200, 304, 304]
    assert set(done["kept"]) == {"ruleset", "page:/for-each/"}
    edge.kept = done["kept"]
    assert shown_in(edge.get("/for-each/", **RIVERSIDE).body) == FOR_EVERYBODY | {"riverside"}


def test_the_timer_is_told_paths_as_they_are_read_or_as_they_are_sent(
    edge: Network, page: AgencyPage, live_server: Any, tmp_path: Path
) -> None:
    welsh = make_segment("cymraeg", LanguageRule(languages=["cy"]))
    lines = ("line", personalised("for everybody", (welsh, "only for cymraeg.")))
    make_page("T\u0177", lines, parent=page.get_parent(), slug="t\u0177")
    token = make_token(Scope.RULESET, Scope.VARIANTS)
    for path in ("/t\u0177/", "/t%C5%B7/"):
        edge.kept = run_keep(tmp_path / "edge-worker", live_server.url, token, path)["kept"]
        assert shown_in(edge.get("/t%C5%B7/", **{"Accept-Language": "cy"}).body) == {"cymraeg"}


def test_one_path_that_is_none_does_not_keep_the_timer_from_the_others(
    edge: Network, page: AgencyPage, live_server: Any, tmp_path: Path
) -> None:
    token = make_token(Scope.RULESET, Scope.VARIANTS)
    done = run_keep(tmp_path / "edge-worker", live_server.url, token, "/100%/", "/for-each/")
    assert set(done["kept"]) == {"ruleset", "page:/for-each/"}


def test_with_a_token_that_does_not_work_the_timer_keeps_nothing(
    edge: Network, page: AgencyPage, live_server: Any, tmp_path: Path
) -> None:
    done = run_keep(tmp_path / "edge-worker", live_server.url, "wpg_nonsense")
    assert done == {"kept": {}, "statuses": [401, 401]}
