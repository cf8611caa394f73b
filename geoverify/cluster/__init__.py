"""The same tasks on a Dask cluster: what is shipped to workers, what they answer, and what happens when parts of it die."""
