"""What both drivers of Azure Machine Learning share: the same workspace, the same runs, whichever SDK asks.

In: what an SDK, a service or the network said. Out: the types of ``compute.backend``, and errors that name what mends
them.

Read in this order: ``workspaces`` (which workspace: config.json and the settings), ``signing_in`` (tokens from
azure-identity), ``asking`` (with patience, and quietly), ``failures`` (what exceptions mean for a person),
``clusters``, ``datasets`` (in the datastore), ``environments`` (what a job finds on its node), ``naming`` (ids, tags
and states), ``outputs`` and ``downloading`` (logs and files that come home whole), ``backend`` (what a driver need not
say itself). Bytes are not left to the SDKs: their uploads hide failures and their downloads begin anew after a cut, so
blobs are read and written by the documented protocol of Blob storage. No module imports an Azure package
when it is loaded: that takes seconds.
"""
