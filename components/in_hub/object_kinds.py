"""How the hub recognises users' pods, homes and Dask clusters in its namespace. Pure data."""

KIND_OF_COMPONENT = {"singleuser-server": "server", "dask-scheduler": "dask_scheduler", "dask-worker": "dask_worker"}
"""Kinds of users' pods by their label ``app.kubernetes.io/component``. A Dask cluster has one scheduler."""

HOME_COMPONENT = "singleuser-storage"
"""Label ``component`` of the volume claims of homes."""

CLUSTER_LABEL = "gateway.dask.org/cluster"
"""The gateway's label of the pods of a Dask cluster: the name of the DaskCluster."""

ENDED_PHASES = ("Stopped", "Failed")
"""Phases of a Dask cluster without pods."""
