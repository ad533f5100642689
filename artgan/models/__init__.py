"""Keras networks: what they are made of, and how they lie in files.

In comes a preset's name and a size, or a file that somebody else trained; out comes a ``keras.Model``:
a generator, ``(n, latent_dim)`` float32 to ``(n, size, size, 3)`` float32 in [-1, 1], or its discriminator.

Read in this order:

* ``presets``: the presets as data: a name, settings, and which builders make the two networks;
* ``dcgan``: those builders; what is saved is made of stock Keras layers only, so that it opens without artgan
  (``fused`` has faster twins of two layers, for training);
* ``shares``: what a layer, or whoever draws for one, needs to know of a batch that several devices share;
* ``painting``: latents to pictures in fixed, padded batches;
* ``files``: ``save_generator`` (half precision, the same bytes every time), ``load_model``, ``load_generator``;
* ``safety``: what is looked at before a model file is opened, so that a hostile one runs nothing;
* ``graph``: a generator's file as a list of plain operations, read without Keras, for ``graph_numpy`` to run and
  ``graph_onnx`` to write; ``graph_layers`` has one entry for each kind of layer;
* ``legacy``: the ``.h5`` files of keragan (Keras 2), rebuilt layer by layer.

Channels are red, green, blue everywhere except inside a file that keragan wrote: ``load_generator`` turns those,
``load_model`` leaves them as they are.

Nothing here is imported by importing the package: TensorFlow costs seconds.
"""
