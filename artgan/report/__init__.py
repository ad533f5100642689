"""Pages for people who look rather than read: one file each, which opens from the disk and asks nothing of anyone.

In: run folders, or what is known of runs. Out: HTML with everything in it.

Read in this order: ``pages`` (how a page comes to be: the templates, pictures inside the page), ``commands`` (how a
page names a run to the shell), ``gallery`` (pictures to hang), ``report`` (how runs went; ``facts`` reads the folders,
``charts`` draws curves, ``twins`` finds pictures next to paintings by ``nearest``), ``sweep`` (the runs of a sweep side
by side). ``gallery``, ``nearest`` and ``twins`` load TensorFlow, the others do not.
"""
