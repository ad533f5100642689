"""Pages for people who look rather than read: one file each, which opens from the disk and asks nothing of anyone.

In: run folders, or what is known of runs. Out: HTML with everything in it.

Read in this order: ``pages`` (how a page comes to be: the templates, pictures inside the page), ``sweep`` (the runs of
a sweep side by side).
"""
