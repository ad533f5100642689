"""Asking other people's servers politely: what fetching paintings is made of, and knows nothing of paintings.

In: an address. Out: an answer that is whole, of a host that is allowed, at a pace that was promised; or one of a few
errors, each of which says whether this address, this host or the whole undertaking is to be given up.

Read in this order: ``hosts`` (which addresses may be asked, and how often), ``answers`` (what comes back, and the
errors), ``client`` (what others use), ``asking`` (one request with its turn, tries and redirects), ``judging`` (what an
answer, or the lack of one, means), ``body`` (reading it within bounds), ``headers`` (what they say), ``limiter`` (the
pace), ``patience`` (all waiting times), ``robots`` (what a site asks of programs), ``cache`` (answers kept on disk).
"""
