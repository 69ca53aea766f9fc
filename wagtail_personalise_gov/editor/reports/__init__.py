"""The reports that keep a site's personalisation in order: what adapts, which segments need a hand, and what everyone
must see."""
