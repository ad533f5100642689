"""A run becomes numbers: how good its pictures are, how various, and whether they are copies.

In: a run folder and the dataset that it learned. Out: a stream of events with an ``Evaluation`` for each generator that
was judged; each is also a line of the run's ``evaluations.jsonl``. Read in this order: ``records`` (what is known
afterwards), ``reals`` (the paintings that a run is measured against, and what the feature network sees in them),
``measuring`` (two sets of pictures, all numbers, with the floor: half of the paintings against the other half),
``evaluating`` (all of it, for a person), ``beside`` (the painting that is nearest to a picture), ``picks`` (the best of
a pool, each beside its painting). ``records`` loads without TensorFlow.
"""
