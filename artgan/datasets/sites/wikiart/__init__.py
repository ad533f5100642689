"""WikiArt: its listings, the pages of its works, and the files that it has of each.

In: a ``Query``. Out: pages of works, and what a work's own page tells. Facts of the site are those that public projects
observed up to 2026; what nobody has established is said loudly where it matters, never assumed in silence.

Read in this order: ``source`` (the site as a whole), ``address`` (which pages there are, and what a pasted address
means), ``listings`` (one listing, page by page, to its end), ``items`` (an entry becomes a work), ``versions`` (the
original and smaller files), ``slices`` (a listing that is longer than the site shows, year by year), ``painting`` (the
licence and more, from a work's own page).
"""
