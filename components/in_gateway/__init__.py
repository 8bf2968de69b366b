"""What runs inside the Dask gateway's api server, with the packages of its image."""
