"""How many notebooks and Dask workers fit on the nodes in the stack file. Pure arithmetic; reads no cluster.

A notebook's limit is also its guarantee, so a node holds as many notebooks as its allocatable CPUs and memory allow.
Dask workers that share nodes with notebooks have a lower priority: they get the capacity that notebooks leave.
"""
