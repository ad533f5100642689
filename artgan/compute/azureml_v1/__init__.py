"""Runs on Azure Machine Learning, through its SDK v1: the package ``azureml-core``.

In: a staged job and a dataset's zip. Out: states, logs and files of the run, wherever it was sent from.

Read in this order: ``workspaces`` (which workspace: config.json and the settings), ``signing_in`` (tokens from
azure-identity), ``service`` (the SDK, loaded when first needed and kept quiet, asked with patience), ``failures`` (what
its exceptions mean for a person), ``clusters``, ``storage`` (datasets in the datastore), ``jobs`` (what is sent),
``runs`` (what became of it), ``outputs`` and ``downloading`` (its log and its files), ``backend`` (all of it as the
``Backend`` that everything else knows). No module imports an Azure package when it is loaded: that takes seconds.

The SDK is Microsoft's own client, at the end of its life and unchanging, and it shapes every request to the
undocumented services of a workspace. Bytes are not left to it: its uploads hide failures and its downloads begin anew
after a cut, so blobs are read and written by the documented protocol of Blob storage.
"""
