"""Places and networks as editors write them: what is understood, what is refused, and how it is said back."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from wagtail_personalise_gov.models import DeviceRule, LocationRule, NetworkRule, Rule
from wagtail_personalise_gov.models.iso import CONTINENTS, country_code, subdivision_code
from wagtail_personalise_gov.models.iso_names import COUNTRIES_OF


def refused(rule: Rule) -> dict[str, list[str]]:
    """The messages that a rule is refused with, by field."""
    with pytest.raises(ValidationError) as caught:
        rule.clean()
    return caught.value.message_dict


def kept(**given: Any) -> LocationRule:
    rule = LocationRule(**given)
    rule.clean()
    return rule


class TestCountries:
    @pytest.mark.parametrize(
        "word, code",
        [
            ("Britain", "GB"),
            ("Russia", "RU"),
            ("Holland", "NL"),
            ("America", "US"),
            ("Turkey", "TR"),
            ("UAE", "AE"),
            ("Eire", "IE"),
            ("Ireland", "IE"),
            ("South Korea", "KR"),
            ("North Korea", "KP"),
            ("Czech Republic", "CZ"),
            ("Ivory Coast", "CI"),
            ("Vietnam", "VN"),
            ("Macedonia", "MK"),
            ("Swaziland", "SZ"),
            ("Burma", "MM"),
            ("Vatican", "VA"),
            ("Palestine", "PS"),
            ("Taiwan", "TW"),
        ],
    )
    def test_people_may_write_the_name_that_they_know(self, word: str, code: str) -> None:
        assert country_code(word) == (code, "")

    @pytest.mark.parametrize(
        "word, message",
        [
            ("England", "England is no country in our list. Write it under “nations, regions or counties”."),
            ("London", "London is no country in our list. Write it under “nations, regions or counties”."),
            ("EU", "“EU” is no country. Tick “in the European Union”."),
            ("Europe", "Europe is no country. Tick it under “continents”."),
        ],
    )
    def test_a_place_on_the_wrong_line_is_told_its_line(self, word: str, message: str) -> None:
        assert refused(LocationRule(countries=[word])) == {"countries": [message]}

    @pytest.mark.parametrize("word", ["England", "Wales", "EU", "Frankreich", "Narnia"])
    def test_nothing_is_suggested_that_is_far_away(self, word: str) -> None:
        assert "Did you mean" not in country_code(word)[1]

    def test_a_slip_is_understood(self) -> None:
        assert "Did you mean Germany?" in country_code("Germny")[1]


class TestRegions:
    def test_a_region_of_another_country_is_refused(self) -> None:
        messages = refused(LocationRule(countries=["FR"], subdivisions=["Wales", "Limburg", "Springfeeld"]))
        assert messages == {
            "subdivisions": ["Limburg is in Belgium or the Netherlands, not in France. Remove one of them."]
        }
        assert refused(LocationRule(countries=["FR"], subdivisions=["Wales"])) == {
            "subdivisions": ["Wales is in the United Kingdom, not in France. Remove one of them."]
        }

    def test_a_region_of_the_same_country_is_not(self) -> None:
        assert kept(countries=["GB"], subdivisions=["Wales"]).subdivisions == ["GB-WLS"]

    def test_where_either_will_do_a_region_of_another_country_gets_its_code(self) -> None:
        assert kept(lines="either", countries=["FR"], subdivisions=["Wales"]).subdivisions == ["GB-WLS"]

    @pytest.mark.parametrize(
        "word, code",
        [
            ("Cymru", "GB-WLS"),
            ("GB-CYM", "GB-WLS"),  # Wales, in Welsh; databases have the English code
            ("Alba", "GB-SCT"),
            ("Caerdydd", "GB-CRF"),
            ("Bristol", "GB-BST"),
            ("City of Bristol", "GB-BST"),
            ("County Durham", "GB-DUR"),
        ],
    )
    def test_a_region_may_be_written_as_people_call_it(self, word: str, code: str) -> None:
        assert kept(countries=["GB"], subdivisions=[word]).subdivisions == [code]

    @pytest.mark.parametrize("word", ["Greater London", "Yorkshire", "South Yorkshire", "North Wales", "County Tyrone"])
    def test_a_region_of_the_kingdom_without_a_code_is_kept_by_its_name(self, word: str) -> None:
        assert kept(countries=["GB"], subdivisions=[word]).subdivisions == [word]
        assert (
            "has no code of its own. Write its country" in refused(LocationRule(subdivisions=[word]))["subdivisions"][0]
        )

    def test_a_suggestion_has_a_name(self) -> None:
        assert subdivision_code("Walse", ["GB"])[1].endswith("Did you mean Wales (GB-WLS)?")
        assert subdivision_code("Walse")[1].endswith("Did you mean Wales, United Kingdom (GB-WLS)?")

    def test_nothing_is_suggested_that_is_far_away(self) -> None:
        assert "Did you mean" not in subdivision_code("London")[1]  # Ondo, in Nigeria


class TestWhatNobodyIsIn:
    @pytest.mark.parametrize(
        "given, field, message",
        [
            ({"continents": ["AS"], "countries": ["GB"]}, "countries", "The United Kingdom is not in Asia."),
            (
                {"continents": ["OC"], "subdivisions": ["Wales"]},
                "subdivisions",
                "The United Kingdom is not in Oceania.",
            ),
            (
                {"in_eu": True, "countries": ["FR", "GB"]},
                "countries",
                "The United Kingdom is not in the European Union.",
            ),
        ],
    )
    def test_lines_that_shut_one_another_out_are_refused(self, given: Any, field: str, message: str) -> None:
        assert refused(LocationRule(**given)) == {field: [f"{message} Remove one of them."]}
        kept(**given, lines="either")  # places of their own

    @pytest.mark.parametrize(
        "given",
        [
            {"continents": ["EU", "AS"], "countries": ["GB"]},
            {"continents": ["AS"], "countries": ["JP"]},
            {"continents": ["AS"], "countries": ["RU"]},  # databases differ
            {"continents": ["EU"], "countries": ["RU"]},
            {"in_eu": True, "countries": ["FR", "RE"]},
        ],
    )
    def test_lines_that_fit_are_kept(self, given: Any) -> None:
        kept(**given)

    def test_a_country_that_is_misspelt_is_the_only_thing_wrong(self) -> None:
        assert set(refused(LocationRule(countries=["Frence"], subdivisions=["Wales"], continents=["AS"]))) == {
            "countries"
        }

    def test_every_country_is_on_a_continent(self) -> None:
        import pycountry

        assert set(COUNTRIES_OF) == {code for code, _name in CONTINENTS}
        assert {country.alpha_2 for country in pycountry.countries} <= frozenset().union(*COUNTRIES_OF.values())


class TestPostcodes:
    @pytest.mark.parametrize("word", ["OX", "B", "A65", "MSD", "1234 AB", "K1A", "FIQQ 1ZZ", "95014-1234", "OX1*"])
    def test_the_beginning_of_any_country_s_postcodes_is_kept(self, word: str) -> None:
        assert kept(postcodes=[word]).postcodes == [word]

    @pytest.mark.parametrize("word", ["Oxford", "Kent", "SW1A 1AA 2BB", "*", "-", "O%1"])
    def test_what_begins_no_postcode_is_refused(self, word: str) -> None:
        assert "is no beginning of a postcode" in refused(LocationRule(postcodes=[word]))["postcodes"][0]


@pytest.mark.parametrize(
    "given, place",
    [
        ({"cities": ["Lyon"], "countries": ["FR"]}, "Lyon, France"),
        (
            {"cities": ["London"], "countries": ["GB"], "postcodes": ["CF10"]},
            "London, the United Kingdom, and also in postcodes that begin with CF10",
        ),
        ({"cities": ["Lyon"], "in_eu": True}, "Lyon, and also in the European Union"),
        ({"latitude": 51.5, "longitude": -0.1, "radius_km": 20}, "a place within 20 km of 51.5, -0.1"),
        ({"postcodes": ["SA1*"]}, "postcodes like SA1*"),
        (
            {"lines": "either", "cities": ["Chester", "Kent"], "subdivisions": ["GB-NIR"]},
            "Chester, Kent or Northern Ireland",
        ),
        (
            {"lines": "either", "cities": ["Chester"], "postcodes": ["CH1", "CH2"]},
            "Chester, postcodes that begin with CH1 or CH2",
        ),
    ],
)
def test_a_place_is_said_in_one_list(given: Any, place: str) -> None:
    assert LocationRule(**given).sentence() == f"They seem to be in {place}"


class TestNetworks:
    @pytest.mark.parametrize(
        "words, messages",
        [
            (
                ["library"],
                ["“library” is no range of internet addresses. Ask your IT team for it. Write it as 192.0.2.0/24."],
            ),
            (
                ["library", "192.0.2.0/24", "home"],
                [
                    "“library” and “home” are no ranges of internet addresses. Ask your IT team for them. "
                    "Write each as 192.0.2.0/24."
                ],
            ),
            (["192.0.2.7/24"], ["192.0.2.7/24 goes on behind its length. Did you mean 192.0.2.0/24?"]),
        ],
    )
    def test_what_is_no_network_is_refused_in_plain_words(self, words: list[str], messages: list[str]) -> None:
        assert refused(NetworkRule(name="x", networks=words)) == {"networks": messages}

    @pytest.mark.parametrize("word", ["0.0.0.0/0", "::/0"])
    def test_the_whole_internet_is_no_network(self, word: str) -> None:
        assert "that is the whole internet" in refused(NetworkRule(name="x", networks=[word]))["networks"][0]

    def test_a_large_network_is_one(self) -> None:
        NetworkRule(name="x", networks=["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"]).clean()


def test_every_kind_of_device_is_no_rule() -> None:
    assert refused(DeviceRule(kinds=["mobile", "tablet", "desktop"])) == {
        "kinds": ["That is every kind. Untick one, or delete the rule."]
    }
    DeviceRule(kinds=["mobile", "tablet"]).clean()
