"""Where a run executes: a background worker on this machine, or a cluster; the same verbs for both.

In: a run folder with its record and configuration, and a prepared dataset. Out: the same folder, with what the training
made of it, brought home as far as was asked for.

Read in this order: ``backend`` (what every place can do, and the types that go back and forth), ``submitting`` (a run
is written down first and sent after that), ``following`` (asking how it is, its log, bringing it home), ``local`` and
``worker`` (this machine), ``staging`` and ``versions`` (what is sent), ``job``, ``restoring``, ``reporting`` and
``tracking`` (what runs there), ``places`` (which backend a run belongs to), ``azureml_common`` (Azure ML) with its
drivers ``azureml_v1`` and ``azureml_v2``, ``sweeps`` (many runs at once). Nothing here knows the terminal; the SDK of a
cloud is imported by its own driver alone, when that is used.
"""
