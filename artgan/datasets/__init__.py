"""Paintings on a site or a disk become a dataset folder, and a dataset folder becomes square images.

In: a query (a genre, an artist) or a path (a folder, a zip, an array). Out: ``datasets/<name>/`` with ``dataset.json``
(what it is, and what was asked for), ``images.jsonl`` (one line per work or file, used or not, and why), ``originals/``
and, once prepared, ``prepared/<size>/``.

Read first ``manifest`` (the records and the folder). Then, for pictures on the web: ``sites`` (who has which works),
``fetch`` (the parts) and ``fetching`` (the door). For pictures on a disk: ``layouts`` (which files belong, and what
their names and tables tell), ``looking`` (a file becomes a record), ``ids``, ``importing`` (all of it). Both use
``decode`` (a file becomes an upright sRGB picture or a reason), ``dhash`` and ``duplicates``. Afterwards: ``fit`` (an
oblong picture becomes a square), ``squares``, ``preparing`` (all of them do, on every core), ``prepared``, ``packing``.
Looking after it: ``checking``, ``dropping``, ``exporting`` with ``card``, ``credits``, ``human_names``. ``painter`` is
the collection that ``artgan demo`` paints for itself. All of it yields events and knows neither TensorFlow nor the
terminal.
"""
