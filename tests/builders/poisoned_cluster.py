"""A preload for workers of a test cluster: their guarded children crash and hang at files whose names say so."""

from geoverify import batch


async def dask_setup(worker):
    batch.WORKER_MODULE = "builders.poisoned_worker"
