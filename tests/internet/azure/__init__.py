"""A local Azure Machine Learning: the services that the real SDK talks to, real blob storage, clusters that run jobs.

Hosts are the real ones (``management.azure.com``, ``login.microsoftonline.com``, ``*.api.azureml.ms``,
``*.blob.core.windows.net``), reached as every site of the local internet. ``python tests/internet/azure`` starts it by
hand.

Read in this order: ``local`` (what tests use), ``faults``, ``world`` (what there is), ``job`` and ``executor`` (how it
runs), ``routing`` and the services ``arm``, ``arm_v2`` (what only the SDK v2 asks for), ``history``, ``execution``,
``stores`` (with ``filters``), ``mlflow``, ``azurite`` and ``blobs`` (storage), ``names``. Commands that need not load
the SDKs anew, and jobs that need not load TensorFlow, are forks of ``internet.warm``.
"""

from ..warm import Command
from . import faults
from .azurite import Azurite, find_azurite, missing, package_missing, require
from .local import ARTICLE_RUN, LocalAzure
from .names import ARTIFACTS, DATA, SNAPSHOTS
from .world import Cluster, Run

__all__ = [
    "ARTICLE_RUN",
    "ARTIFACTS",
    "DATA",
    "SNAPSHOTS",
    "Azurite",
    "Cluster",
    "Command",
    "LocalAzure",
    "Run",
    "faults",
    "find_azurite",
    "missing",
    "package_missing",
    "require",
]
