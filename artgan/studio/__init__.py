"""The instrument: one page in a browser of this machine, on which a trained network is played.

In: a folder of runs. Out: a server on 127.0.0.1 until it is closed; pictures, films and latents in the folder of
pictures, and what the artist keeps of a run in that run's folder.

Read in this order: ``recipes`` (how the page describes a picture), ``easel`` (opens generators and paints), ``worker``
(the one thread that does so), ``making`` and ``finding`` (files, films, directions), ``jobs`` (what takes longer),
``notebook`` (stars, names, history), ``learning`` and ``tending`` (runs that go on), ``guard`` (who may ask), ``app``
(the questions and their answers), ``serving`` (the server), ``page/`` (what the browser shows).
"""
