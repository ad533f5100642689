"""A generator paints pictures.

In: a run or a generator's file, and seeds or latents. Out: pictures that know their seed, and files that can be opened
elsewhere. Read in this order: ``samples`` (a seed becomes a picture, and a picture a file), ``export`` (a generator
becomes a file for other tools), ``adopting`` (a generator's file becomes a run). ``engine`` chooses what computes, so
that TensorFlow is loaded only where it must be. The terminal is not known here.
"""
