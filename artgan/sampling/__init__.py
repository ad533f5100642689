"""A generator paints pictures.

In: a run or a generator's file, and seeds or latents. Out: pictures that know their seed, and files that can be opened
elsewhere. Read in this order: ``latents`` (what a picture is painted from, with a name), ``samples`` (a seed becomes a
picture, and a picture a file), ``signing`` (with a signature on it), ``mixing`` (new latents from old ones),
``picking`` (the best of a pool), ``projecting`` (the latent of a given picture), ``export`` (a generator becomes a file
for other tools), ``adopting`` (a generator's file becomes a run); for films ``walks`` (ways through the latents),
``interpolating`` and ``timelapse`` with its ``stages`` (what the pictures are), ``film_sheets`` (how they are laid
out), ``films`` and ``film_writers`` (how they get into a file). ``engine`` chooses what computes,
so that TensorFlow is loaded only where it must be. The terminal is not known here.
"""
