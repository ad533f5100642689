"""The parts of which fetching is made; ``artgan.datasets.fetching`` is the door.

Read in this order: ``wanted`` (which works shall be in the dataset), ``plan`` (what will come, before it comes),
``downloading`` (one work becomes one verified file, wherever it comes from), ``crew`` (several at a time), ``ledger``
(the manifest while it grows: what is here, what is there twice), ``selection`` (which of the listed works are still to
be asked for), ``workplace`` (all that is open meanwhile), ``flow`` (how a fetch goes), ``mending`` (single pictures).
"""
