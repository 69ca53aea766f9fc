"""Finding segments among many: by words, and by the site that they are for."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from wagtail.models import Site
from wagtail.search.backends import get_search_backend

from ...models import Segment, SiteRule


def matching(segments: QuerySet[Segment], words: str) -> QuerySet[Segment]:
    """Those of the segments that a search for the words finds, in the order that they have.

    The search goes over all segments: no search backend knows every way in which a list is filtered, and they refuse
    what they don't know. One query more.
    """
    found = get_search_backend().autocomplete(words, Segment.objects.all(), order_by_relevance=False)
    return segments.filter(pk__in=[segment.pk for segment in found])


def of_use_on(segments: QuerySet[Segment], site: Site) -> QuerySet[Segment]:
    """Those of the segments that somebody who looks at the site can be in, as far as rules about sites say.

    Left out is a segment that must be on another site, or must not be on this one. Where any rule is enough, that is
    only one whose rules are all of that kind.
    """
    about_sites = SiteRule.objects.filter(segment=OuterRef("pk"))
    not_here = Q(negated=False) & ~Q(site=site) | Q(negated=True, site=site)
    something_else = Q(Exists(about_sites.exclude(not_here)))
    for relation in Segment.rule_relations():
        if relation.related_model is not SiteRule:
            something_else |= Q(Exists(relation.related_model._default_manager.filter(segment=OuterRef("pk"))))
    return segments.filter(~Exists(about_sites.filter(not_here)) | Q(something_else, match=Segment.ANY))
