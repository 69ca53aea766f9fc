"""What editors may save, what they see again when they come back, and what Wagtail learns of it."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.admin.telepath import registry
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.models import ReferenceIndex
from wagtail.test.utils.form_data import nested_form_data, streamfield

from tests.agency.models import AgencyPage, PlainPage
from tests.agency.streams import AgencyBody, HeroBlock
from tests.factories import hero, make_page, make_segment, personalised, raw_stream
from wagtail_personalise_gov.blocks import PersonalisedBlock
from wagtail_personalise_gov.models import LocationRule, Segment


def clean(block: PersonalisedBlock, raw: Any) -> Any:
    return block.clean(block.to_python(raw))


def errors(block: PersonalisedBlock, raw: Any) -> dict[str, Any]:
    with pytest.raises(StructBlockValidationError) as caught:
        clean(block, raw)
    return dict(caught.value.block_errors)


# The editor


def test_what_an_editor_opens_and_saves_is_the_same(riverside: Segment, home: AgencyPage) -> None:
    """Values that are still raw must not come up empty, and be saved so."""
    raw = raw_stream(
        ("offer", personalised(hero("All", page=home.pk), (riverside, hero("Riverside")), (riverside, hero("Second")))),
        ("line", personalised("All", (riverside, "Riverside"))),
        ("notes", personalised(raw_stream(("paragraph", "<p>All</p>")), (riverside, raw_stream(("page", home.pk))))),
        ("nested", personalised(raw_stream(("inner", personalised("a", (riverside, "b")))))),
    )
    body = AgencyBody()
    assert body.get_prep_value(body.to_python(raw)) == raw
    looked_at = body.to_python(raw)
    body.get_form_state(looked_at)
    assert body.get_prep_value(looked_at) == raw
    assert body.get_prep_value(body.clean(looked_at)) == raw


def test_a_form_keeps_ids_and_content(riverside: Segment, agency_page: AgencyPage) -> None:
    body = AgencyBody()
    before = body.to_python(agency_page.body.raw_data)
    data = as_posted(body.get_form_state(before), "body")
    after = body.value_from_datadict(data, {}, "body")
    assert body.get_prep_value(body.clean(after)) == list(agency_page.body.raw_data)


def as_posted(state: Any, prefix: str) -> dict[str, str]:
    """The form data that the editor's script makes of the state of a stream of heroes and personalised heroes."""
    posted: dict[str, Any] = {f"{prefix}-count": str(len(state))}
    for number, child in enumerate(state):
        start = f"{prefix}-{number}"
        posted |= {
            f"{start}-deleted": "",
            f"{start}-order": str(number),
            f"{start}-type": child["type"],
            f"{start}-id": child["id"],
        }
        value, at = child["value"], f"{start}-value"
        if child["type"] == "hero":
            posted |= hero_as_posted(value, at)
            continue
        posted |= hero_as_posted(value["default"], f"{at}-default")
        posted[f"{at}-variants-count"] = str(len(value["variants"]))
        for place, variant in enumerate(value["variants"]):
            inner = f"{at}-variants-{place}"
            posted |= {
                f"{inner}-deleted": "",
                f"{inner}-order": str(place),
                f"{inner}-type": "variant",
                f"{inner}-id": variant["id"],
                f"{inner}-value-segments-count": str(len(variant["value"]["segments"])),
            }
            for position, item in enumerate(variant["value"]["segments"]):
                segment = f"{inner}-value-segments-{position}"
                posted |= {
                    f"{segment}-deleted": "",
                    f"{segment}-order": str(position),
                    f"{segment}-id": item["id"],
                    f"{segment}-value": str(item["value"]["id"]),
                }
            posted |= hero_as_posted(variant["value"]["content"], f"{inner}-value-content")
    return posted


def hero_as_posted(value: Any, at: str) -> dict[str, str]:
    page = value["page"]
    return {
        f"{at}-heading": value["heading"],
        f"{at}-text": '{"blocks": [], "entityMap": {}}',
        f"{at}-page": str(page["id"]) if page else "",
    }


def test_a_page_is_saved_through_the_admin_and_comes_up_again(
    riverside: Segment, agency_page: AgencyPage, client: Client, django_user_model: Any, places_by_address: Any
) -> None:
    client.force_login(django_user_model.objects.create_superuser("chief", "chief@example.gov", "secret"))
    address = f"/admin/pages/{agency_page.pk}/edit/"
    page = client.get(address)
    assert page.status_code == 200
    assert "Sandbags in Riverside" in page.content.decode()
    rich = '{"blocks": [], "entityMap": {}}'
    version = {"segments": {"count": "1", "0": {"deleted": "", "order": "0", "id": "", "value": str(riverside.pk)}}}
    offer = {
        "variants": streamfield(
            [("variant", version | {"content": {"heading": "Go to the school", "text": rich, "page": ""}})]
        ),
        "default": {"heading": "Stay safe", "text": rich, "page": ""},
    }
    data = nested_form_data(
        {
            "title": "Flood",
            "slug": "flood",
            "seo_title": "",
            "search_description": "",
            "go_live_at": "",
            "expire_at": "",
            "comments": {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": ""},
            "body": streamfield([("offer", offer)]),
            "action-publish": "1",
        }
    )
    answer = client.post(address, data)
    assert answer.status_code == 302, answer.context and answer.context["form"].errors
    assert "Go to the school" in Client().get("/flood/", REMOTE_ADDR="192.0.2.7").content.decode()
    assert "Stay safe" in Client().get("/flood/").content.decode()
    saved = AgencyPage.objects.get(pk=agency_page.pk).body.raw_data[0]["value"]
    assert saved["variants"][0]["value"]["segments"][0]["value"] == riverside.pk
    assert saved["variants"][0]["id"]
    again = client.get(address).content.decode()
    assert "Go to the school" in again
    assert "Stay safe" in again


def test_an_empty_standard_version_is_refused_in_the_admin(
    agency_page: AgencyPage, client: Client, django_user_model: Any
) -> None:
    client.force_login(django_user_model.objects.create_superuser("chief", "chief@example.gov", "secret"))
    data = nested_form_data(
        {
            "title": "Flood",
            "slug": "flood",
            "comments": {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": ""},
            "body": streamfield(
                [("prose", {"variants": streamfield([]), "default": '{"blocks": [], "entityMap": {}}'})]
            ),
            "action-publish": "1",
        }
    )
    answer = client.post(f"/admin/pages/{agency_page.pk}/edit/", data)
    assert answer.status_code == 200
    assert AgencyPage.objects.get(pk=agency_page.pk).body[1].value["default"]["heading"] == "Be ready"


def test_the_block_picker_previews_the_standard_version(db: None, client: Client, django_user_model: Any) -> None:
    block = PersonalisedBlock(HeroBlock(preview_value={"heading": "An example"}))
    value = block.get_preview_value()
    assert value["default"]["heading"] == "An example"
    assert "An example" in block.render(value)


# How it stands in the form


def packed(block: PersonalisedBlock) -> Any:
    """What Wagtail's script is told of a block: (name, children by name, options)."""
    name, children, meta = registry.find_adapter(type(block)).js_args(block)
    return name, {child.name: child for child in children}, meta


def test_a_form_knows_where_to_ask_for_whom_its_versions_are() -> None:
    _name, children, meta = packed(PersonalisedBlock(HeroBlock()))
    assert meta["attrs"]["data-controller"] == "personalise-versions"
    assert meta["attrs"]["data-personalise-versions-url-value"] == "/admin/personalisation/versions/"
    version = children["variants"].child_blocks["variant"]
    assert version.meta.form_attrs == {"data-personalise-versions-target": "version"}


def test_what_a_site_puts_on_the_form_stays() -> None:
    class OwnBlock(PersonalisedBlock):
        content = HeroBlock

        class Meta:
            form_attrs = {"data-controller": "own", "data-own": "1"}

    _name, _children, meta = packed(OwnBlock())
    assert meta["attrs"]["data-controller"] == "own personalise-versions"
    assert meta["attrs"]["data-own"] == "1"


def test_the_script_comes_with_the_form_of_a_personalised_block_only(
    agency_page: AgencyPage, plain_page: PlainPage, client: Client, django_user_model: Any
) -> None:
    client.force_login(django_user_model.objects.create_superuser("chief", "chief@example.gov", "secret"))
    script = "wagtail_personalise_gov/js/versions.js"
    assert script in client.get(f"/admin/pages/{agency_page.pk}/edit/").content.decode()
    assert script not in client.get(f"/admin/pages/{plain_page.pk}/edit/").content.decode()


def test_the_standard_version_is_open_whatever_its_content_is_elsewhere() -> None:
    class ClosedBlock(HeroBlock):
        class Meta:
            collapsed = True

    block = PersonalisedBlock(ClosedBlock())
    assert block.child_blocks["default"].meta.collapsed is False
    assert "everyone else" in str(block.child_blocks["default"].label)
    assert ClosedBlock().meta.collapsed is True


def test_where_versions_are_counted_the_form_says_what_to_do_to_compare_afresh(configure: Any) -> None:
    block = PersonalisedBlock(HeroBlock())

    def help_text() -> str:
        return str(packed(block)[1]["variants"].meta.help_text)

    assert "the order is the priority" in help_text()
    assert "add a new version" not in help_text()
    configure(COUNTING=True)
    assert "add a new version" in help_text()


def test_a_page_with_many_segments_is_opened_with_as_many_queries_as_with_one(
    home: AgencyPage, client: Client, django_user_model: Any
) -> None:
    client.force_login(django_user_model.objects.create_superuser("chief", "chief@example.gov", "secret"))

    def queries(number: int) -> int:
        segments = [make_segment(f"town-{number}-{n}", LocationRule(cities=[f"Town {n}"])) for n in range(number)]
        blocks = [("offer", personalised(hero("All"), (segment, hero("x")))) for segment in segments]
        page = make_page(f"Of {number}", *blocks, parent=home)
        client.get(f"/admin/pages/{page.pk}/edit/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/admin/pages/{page.pk}/edit/").status_code == 200
        return len(captured)

    assert queries(8) == queries(1)


# What Wagtail learns


def test_search_finds_the_standard_version_only(riverside: Segment, agency_page: AgencyPage) -> None:
    content = " ".join(map(str, agency_page.body.stream_block.get_searchable_content(agency_page.body)))
    assert "Be ready" in content
    assert "Sandbags" not in content


def test_search_does_not_find_what_nobody_sees(riverside: Segment) -> None:
    block = AgencyBody().child_blocks["offer"]
    value = block.to_python(personalised(hero("Left over"), (riverside, hero("Riverside")), nothing_for_others=True))
    assert block.get_searchable_content(value) == []


def test_wagtail_knows_which_pages_use_a_segment(riverside: Segment, agency_page: AgencyPage, home: AgencyPage) -> None:
    ((page, references),) = ReferenceIndex.get_grouped_references_to(riverside)
    assert page.pk == agency_page.pk
    assert [reference.model_path for reference in references] == ["body.offer.variants.variant.segments.item"]
    linked = make_page("Linked", ("offer", personalised(hero("All", page=home.pk))), parent=home)
    assert linked.pk in {user.pk for user, _references in ReferenceIndex.get_grouped_references_to(home)}


def test_a_site_gets_no_migration_for_a_word_of_ours_nor_a_name(settings: Any) -> None:
    field = AgencyPage._meta.get_field("body")
    _name, _path, _args, kwargs = field.deconstruct()
    frozen = repr(kwargs["block_lookup"])
    assert "wagtail_personalise_gov.blocks" not in frozen
    assert {path for path, _args, _kwargs in kwargs["block_lookup"].values()} <= {
        "wagtail.blocks.BooleanBlock",
        "wagtail.blocks.CharBlock",
        "wagtail.blocks.ListBlock",
        "wagtail.blocks.PageChooserBlock",
        "wagtail.blocks.RichTextBlock",
        "wagtail.blocks.StreamBlock",
        "wagtail.blocks.StructBlock",
        "wagtail.snippets.blocks.SnippetChooserBlock",
    }
    for word in ("label", "help_text", "Standard version", "visitors"):
        assert word not in frozen.replace("'label', ", "")  # the name of a field of the question about places


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "agency", "wagtail_personalise_gov", check=True, dry_run=True, verbosity=0)


def test_the_migration_of_a_site_makes_a_field_that_reads_what_was_saved(riverside: Segment) -> None:
    """A data migration sees stock blocks, and the JSON as it is."""
    state = MigrationExecutor(connection).loader.project_state(("agency", "0001_initial"))
    page = state.apps.get_model("agency", "AgencyPage")(
        title="x", body=raw_stream(("offer", personalised(hero("All"), (riverside, hero("Riverside")))))
    )
    value = page.body[0].value
    assert value["default"]["heading"] == "All"
    assert value["variants"][0].value["content"]["heading"] == "Riverside"
