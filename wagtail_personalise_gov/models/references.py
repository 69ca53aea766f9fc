"""Which objects hold versions for segments: what Wagtail's reference index knows of what is saved.

The index follows what stands in the database. Of something live that is what visitors see: unpublished changes are kept
in revisions, which it does not read.
"""

from __future__ import annotations

from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from wagtail.models import ReferenceIndex

from .segments import Segment

OF_VERSIONS = ".variants.variant.segments"  # in the index, between the block and the segments of its versions


def references_of_versions() -> QuerySet[ReferenceIndex]:
    """What the index knows of versions: a row for each segment of each, in no order."""
    kind = ContentType.objects.get_for_model(Segment)
    rows: QuerySet[ReferenceIndex] = ReferenceIndex.objects.filter(
        to_content_type=kind, model_path__contains=OF_VERSIONS
    ).order_by()
    return rows
