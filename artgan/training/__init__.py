"""Square images and a configuration become a trained generator, in a run folder.

In: a prepared dataset and a ``TrainConfig``. Out: a run folder and, while it is made, a stream of events. Read in this
order: ``config`` (every hyper-parameter, once), ``events`` (what is said on the way), ``losses`` and ``augment`` (pure
functions of tensors), ``chance`` (their random numbers), ``trainer`` and ``updates`` (one step, as a ``keras.Model``),
``batches`` (which pictures, in which order), ``devices`` (one, or several that share each batch),
``checkpoints`` (the whole state, in one file that knows its own hash), ``session`` (a trainer at work on a dataset),
``saving`` and ``tensorboard`` (what a run keeps while it goes), ``judging`` (how good it is by then), ``verdicts``
(what that means, in words), ``driver`` (steps, and what is done between them), ``job`` (what a training is made of),
``beginning`` and ``transfer`` (the weights of an older one), ``loop`` (all of it, for a person). ``config``,
``events``, ``verdicts``, ``job`` and ``loop`` load without TensorFlow.
"""
