"""The painter that makes the collection of ``artgan demo``: still lifes with flowers, each from a number.

In: a seed. Out: a small picture of a bouquet in a vase on a table, lit from one side, in visible brush strokes; the
same seed paints the same picture. Read in this order: ``bouquet`` (the arrangement, and in which order it is painted),
``setting`` (wall, table, shadows), ``vessels`` and ``blossoms`` (what is painted), ``pigments`` (palettes; how a colour
turns in light and shade), ``brush`` (strokes). NumPy and Pillow only.
"""
