"""The kit inside Django: two views, a middleware, and pages that whoever uses them replaces at will."""
