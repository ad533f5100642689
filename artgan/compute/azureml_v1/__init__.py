"""Runs on Azure Machine Learning, through its SDK v1: the package ``azureml-core``.

In: a staged job and a dataset's zip. Out: states, logs and files of the run, wherever it was sent from.

Read in this order: ``service`` (the SDK, loaded when first needed and kept quiet), ``clusters``, ``storage`` (the
container of the datastore), ``jobs`` (what is sent), ``runs`` (what became of it), ``outputs`` (its log and its files),
``backend`` (all of it as the ``Backend`` that everything else knows). What does not hang on the SDK is in
``compute.azureml_common``. No module imports an Azure package when it is loaded: that takes seconds.

The SDK is Microsoft's own client, at the end of its life and unchanging, and it shapes every request to the
undocumented services of a workspace.
"""
