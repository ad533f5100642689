"""What a run is: a folder that is enough by itself to sample, resume, judge or show.

In: a folder under ``runs/``. Out: its record, its checkpoints, its state now. Read in this order: ``record`` (the
types), ``folder`` (one run: where things lie, what is alive, which generator is the highest), ``store`` (all runs:
making one, listing them, finding one by a prefix), ``keeping`` (which generators stay). Nothing here knows TensorFlow
or NumPy, so that listing costs nothing; nothing here knows how a run is trained or where.
"""
