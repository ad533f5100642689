"""Paintings on a disk become a dataset folder, and a dataset folder becomes square images.

In: a path given by the user (a folder, a zip, an array). Out: ``datasets/<name>/`` with ``dataset.json`` (what it is),
``images.jsonl`` (one line per file, used or not, and why), ``originals/`` and, once prepared, ``prepared/<size>/``.

Read in this order: ``manifest`` (the records and the folder), ``layouts`` (which files belong, and what their names
and tables tell), ``decode`` (a file becomes an upright sRGB picture or a reason), ``importing`` (all of it, as a
stream of events; ``looking`` makes the records, ``ids`` their names, ``duplicates`` finds what is there twice by
content or by ``dhash``), ``fit`` (an oblong picture becomes a square), ``preparing`` (all of them do, on every core),
``painter`` (the collection that ``artgan demo`` paints for itself). Nothing here knows TensorFlow or the terminal.
"""
