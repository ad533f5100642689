"""Sweeps: many runs that differ in what is varied, as one named thing.

In: what is varied, and what is the same for all. Out: a record of the sweep, and runs like any other.

Read in this order: ``axes`` (what is typed becomes points), ``record`` (the sweep, written down), ``tending`` (its runs
are begun, looked at, compared), ``ranking`` (which is the best), ``queue`` (the process that does so on this machine).
"""
