"""How pages that adapt reach visitors through caches: page caches, fragments, CDNs, and what is purged when."""
