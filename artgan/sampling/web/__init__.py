"""A generator as one page that paints in the browser, opened from the disk, without a server and without Python.

In: a ``models.graph.Graph``. Out: a page in which everything lies: the network as JSON and base64, and what runs it.

Read in this order: ``page`` (puts it together, at half precision where that shows nowhere), ``painter.js`` (runs the
graph: the same dozen operations as ``models.graph_numpy``, and the same latents as ``seeds``), ``kernel`` (the product
of matrices as WebAssembly, assembled here from its instructions, so that no binary is kept), ``room.html``,
``room.css`` and ``room.js`` (what the artist sees).
"""
