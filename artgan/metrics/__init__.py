"""How good pictures are: arrays in, numbers out.

In: pictures ``(n, size, size, 3)`` uint8, real ones and painted ones. Out: numbers, each with its standard error. Read
in this order: ``estimates`` (a number and its error), ``lite0`` (a network that sees what a picture shows, of stock
Keras layers, its weights from an ordinary package), ``inception`` (the one of the usual FID, its weights fetched once),
``torch_files`` (how the weights of both are read), ``features`` (pictures through a network, resized as they should be,
and kept on the disk), ``distances`` (KID, FID, precision and recall), ``neighbours`` (copies, and how different samples
are from each other), ``pixels`` (distances that need no network). Only the networks and ``features`` load TensorFlow.

What the numbers can be compared with: numbers of the same feature network, of the same real pictures, and, for FID,
precision, recall and the sliced Wasserstein distance, of the same counts. Speckle and blur fool them: look at the
pictures as well.
"""
