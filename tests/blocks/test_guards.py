"""What editors may not save: content that leaves somebody with nothing, or hides what everyone must see."""

from typing import Any

import pytest
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.images.blocks import ImageBlock
from wagtail.images.models import Image
from wagtail.images.tests.utils import get_test_image_file

from tests.agency.models import AgencyPage
from tests.agency.streams import AgencyBody, AlarmBlock, HeroBlock
from tests.factories import hero, personalised, raw_stream
from wagtail_personalise_gov.blocks import MustSeeBlock, PersonalisedBlock
from wagtail_personalise_gov.models import Segment


def clean(block: PersonalisedBlock, raw: Any) -> Any:
    return block.clean(block.to_python(raw))


def errors(block: PersonalisedBlock, raw: Any) -> dict[str, Any]:
    with pytest.raises(StructBlockValidationError) as caught:
        clean(block, raw)
    return dict(caught.value.block_errors)


# Nobody is left without content by accident


class StyledBlock(blocks.StructBlock):
    """Content whose ticks and choices say nothing of themselves."""

    text = blocks.CharBlock(required=False)
    style = blocks.ChoiceBlock(choices=[("plain", "Plain"), ("loud", "Loud")], default="plain", required=False)
    marks = blocks.MultipleChoiceBlock(choices=[("a", "A"), ("b", "B")], required=False)
    wide = blocks.BooleanBlock(required=False)


CONTENTS: dict[str, tuple[Any, Any, Any]] = {
    # content, one that says nothing, one that says something
    "a text": (blocks.CharBlock(required=False), "", "x"),
    "a text of blanks": (blocks.CharBlock(required=False), "   ", "x"),
    "rich text": (blocks.RichTextBlock(required=False), "", "<p>x</p>"),
    "rich text without words": (blocks.RichTextBlock(required=False), "<p> </p><p></p>", "<p>x</p>"),
    "a struct": (StyledBlock(), {"text": ""}, {"text": "x"}),
    "a struct with a style": (
        StyledBlock(),
        {"text": " ", "style": "loud", "marks": ["a"], "wide": True},
        {"text": "x"},
    ),
    "a stream": (
        blocks.StreamBlock([("p", blocks.CharBlock(required=False))], required=False),
        [],
        raw_stream(("p", "x")),
    ),
    "a stream of blanks": (
        [("p", blocks.CharBlock(required=False))],
        raw_stream(("p", ""), ("p", " ")),
        raw_stream(("p", ""), ("p", "x")),
    ),
    "a list": (blocks.ListBlock(blocks.CharBlock(required=False)), ["", ""], ["", "x"]),
    "a page": (blocks.PageChooserBlock(required=False), None, "home"),
    "a number": (blocks.IntegerBlock(required=False), None, 0),
}


@pytest.mark.parametrize("content, blank, something", CONTENTS.values(), ids=CONTENTS)
def test_the_standard_version_may_not_be_left_empty(home: AgencyPage, content: Any, blank: Any, something: Any) -> None:
    block = PersonalisedBlock(content)
    something = home.pk if something == "home" else something
    found = errors(block, {"variants": [], "default": blank})
    assert list(found) == ["default"]
    assert "Write what everyone else sees" in str(found["default"])
    clean(block, {"variants": [], "default": something})


@pytest.mark.parametrize("content, blank, something", CONTENTS.values(), ids=CONTENTS)
def test_the_standard_version_may_be_left_empty_where_the_editor_says_so(
    home: AgencyPage, content: Any, blank: Any, something: Any
) -> None:
    cleaned = clean(PersonalisedBlock(content), {"variants": [], "default": blank, "nothing_for_others": True})
    assert cleaned["nothing_for_others"] is True


def test_required_content_may_be_left_empty_too_where_the_editor_says_so(riverside: Segment) -> None:
    block = PersonalisedBlock(HeroBlock())
    clean(block, personalised(hero(""), (riverside, hero("Riverside")), nothing_for_others=True))
    assert list(errors(block, personalised(hero(""), (riverside, hero("Riverside"))))) == ["default"]


def test_a_standard_version_that_is_wrong_is_told_though_others_see_nothing(riverside: Segment) -> None:
    half = {"heading": "", "text": "<p>Half of it</p>"}
    found = errors(PersonalisedBlock(HeroBlock()), personalised(half, nothing_for_others=True))
    assert list(found) == ["default"]


def test_an_image_may_be_the_content(home: AgencyPage) -> None:
    """Its block is a StructBlock whose value is no mapping."""
    image = Image.objects.create(title="Flood", file=get_test_image_file())
    block = PersonalisedBlock(ImageBlock(required=False))
    raw = {"image": image.pk, "decorative": True, "alt_text": ""}
    clean(block, {"variants": [], "default": raw})
    assert list(errors(block, {"variants": [], "default": None})) == ["default"]
    nested = PersonalisedBlock([("picture", ImageBlock())])
    clean(nested, {"variants": [], "default": raw_stream(("picture", raw))})


def test_a_static_block_says_something() -> None:
    clean(PersonalisedBlock(blocks.StaticBlock()), {"variants": [], "default": None})


# What everyone must see


@pytest.mark.parametrize(
    "content, vital, usual",
    [
        (HeroBlock(), hero("Boil your water", everyone=True), hero("News")),
        (
            [("hero", HeroBlock())],
            raw_stream(("hero", hero("Boil", everyone=True))),
            raw_stream(("hero", hero("News"))),
        ),
        (blocks.ListBlock(HeroBlock()), [hero("Boil", everyone=True)], [hero("News")]),
        (
            [("alarm", AlarmBlock()), ("p", blocks.CharBlock())],
            raw_stream(("alarm", {"text": "!"})),
            raw_stream(("p", "x")),
        ),
        (
            blocks.StructBlock([("p", blocks.CharBlock()), ("alarm", AlarmBlock(required=False))]),
            {"p": "x", "alarm": {"text": "!"}},
            None,  # an alarm that is there must say something
        ),
    ],
)
def test_what_everyone_must_see_stands_in_no_version(riverside: Segment, content: Any, vital: Any, usual: Any) -> None:
    block = PersonalisedBlock(content)
    clean(block, {"variants": [], "default": vital})  # everyone sees it
    if usual is None:
        return
    found = errors(block, personalised(usual, (riverside, vital)))
    assert list(found) == ["variants"]
    assert "Move that content out" in str(found["variants"])
    found = errors(block, personalised(vital, (riverside, usual)))
    assert list(found) == ["default"]
    assert "would replace it" in str(found["default"])
    clean(block, personalised(usual, (riverside, usual)))


def test_an_alarm_that_says_nothing_stands_in_nobodys_way(riverside: Segment) -> None:
    alarm = blocks.StructBlock([("text", blocks.CharBlock(required=False))])
    alarm.meta.must_see = True
    block = PersonalisedBlock([("column", blocks.StructBlock([("p", blocks.CharBlock()), ("alarm", alarm)]))])
    without = raw_stream(("column", {"p": "x", "alarm": {"text": ""}}))
    clean(block, personalised(without, (riverside, without)))


def test_what_everyone_must_see_is_found_in_a_personalised_block_inside(riverside: Segment) -> None:
    block = AgencyBody().child_blocks["nested"]
    assert isinstance(block, PersonalisedBlock)
    inner = PersonalisedBlock([("inner", PersonalisedBlock(HeroBlock()))])
    vital = raw_stream(("inner", personalised(hero("Boil", everyone=True))))
    usual = raw_stream(("inner", personalised(hero("News"))))
    assert list(errors(inner, personalised(usual, (riverside, vital)))) == ["variants"]


def test_the_mark_is_optional_and_a_stock_block_in_migrations() -> None:
    assert MustSeeBlock().field.required is False
    assert MustSeeBlock().deconstruct()[0] == "wagtail.blocks.BooleanBlock"


def test_a_draft_may_be_unfinished(riverside: Segment) -> None:
    block = PersonalisedBlock(HeroBlock())
    block.defer_required_validation()
    try:
        clean(block, personalised(hero(""), (riverside, hero(""))))
    finally:
        block.restore_deferred_validation()
    assert errors(block, personalised(hero(""), (riverside, hero("x"))))


def test_a_draft_keeps_to_what_everyone_must_see_too(riverside: Segment) -> None:
    """What is saved may be published without its form: by a schedule, or from a list of pages."""
    block = PersonalisedBlock(HeroBlock())
    block.defer_required_validation()
    try:
        clean(block, personalised(hero("", everyone=True)))
        assert list(errors(block, personalised(hero(""), (riverside, hero("Boil", everyone=True))))) == ["variants"]
        assert list(errors(block, personalised(hero("Boil", everyone=True), (riverside, hero(""))))) == ["default"]
    finally:
        block.restore_deferred_validation()


def test_a_version_for_nobody_is_refused(riverside: Segment) -> None:
    found = errors(PersonalisedBlock(HeroBlock()), personalised(hero("All"), ([], hero("Nobody"))))
    assert list(found) == ["variants"]
