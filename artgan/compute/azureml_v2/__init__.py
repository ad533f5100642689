"""Runs on Azure Machine Learning, through its SDK v2: the package ``azure-ai-ml``.

In: a staged job and a dataset's zip. Out: states, logs and files of the run, wherever it was sent from, by either SDK.

Read in this order: ``service`` (the SDK, loaded when first needed and kept quiet), ``history`` (how jobs are, from the
run history), ``clusters``, ``storage`` (the containers of datastores, and addresses in them), ``jobs`` (what is sent),
``runs`` (what became of it), ``outputs`` (its log and its files), ``backend`` (all of it as the ``Backend`` that
everything else knows). What does not hang on the SDK is in ``compute.azureml_common``. No module imports an Azure
package when it is loaded: that takes seconds.

The SDK's own ways to a job's log and files are gone around: its download refuses a job that goes on and knows no
single file, its stream only prints, and its list knows neither experiments nor tags. Files are blobs of the workspace's
artifact store, also while the job runs.
"""
