"""Sites that have paintings: a query goes in, pages of works come out; nothing here knows what a disk is.

In: a ``Query`` (genres, styles, artists ... in the site's own words). Out: ``Page``s of ``Work``s, one page a request,
lazily: what is known of each painting, and the files that can be had of it in the order in which to try them. Who
downloads them knows nothing of the site; what a site's own page tells besides (its licence) is asked work by work.

Read in this order: ``site`` (query, work, page, and what a site has to be able to do), ``words`` with
``dictionary.tsv`` (a person's word becomes a genre), ``years`` (a date in words becomes years), ``combining`` (several
listings add up or narrow each other down), ``wikiart`` (the site that artgan was made for), ``met`` (a museum's open
collection), ``addresses`` (a table of the person's own), ``registry`` (which site answers a query), ``asking`` (what a
person typed becomes a query).
"""
