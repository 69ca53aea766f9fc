"""Look at a page or a snippet as others will see it: in the preview, by a link that is shared, and on the live site."""

from .modes import PersonalisedPreviewMixin, mode_of

__all__ = ["PersonalisedPreviewMixin", "mode_of"]
