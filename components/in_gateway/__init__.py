"""Python code that runs in the pod of the Dask gateway's API server, with the packages of its image."""
