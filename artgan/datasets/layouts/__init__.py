"""Which files of a folder belong to a dataset, and what their names and tables tell.

In: a ``Source`` (``sources``: a folder, a zip, an array file), read in place. Out: a stream of ``Entry`` (``entry``): a
file that was found or that a table promises, with what is known of the painting.

Each layout is one small object with a name, a description, ``recognise(source)`` and ``entries(source)``. ``folders``
has the plain ones, ``refined`` cs-chan/ArtGAN's WikiArt set, ``scraped`` what lucasdavid/wikiart saved, ``own``
artgan's dataset folders, ``arrays`` keragan's ``.npy`` cache; ``registry`` tries them in order. ``names`` reads
artists, titles, years and genres out of file names.

Left aside without a record: what operating systems leave behind (``.DS_Store``, ``Thumbs.db``, ``__MACOSX``, ``._*``),
hidden files that are no pictures, and the tables that a layout itself reads. Every other file becomes an entry.
"""
