# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # xarray, Dask and Zarr
# xarray gives arrays names: dimensions, coordinates and units. Dask splits them into chunks and computes these in
# parallel. Zarr stores the chunks, so that a program reads only those that it needs.
#
# This notebook makes a year of daily temperatures, averages them by month on a Dask cluster, and stores the result.

# %%
import os
import tempfile

import dask
import dask.array
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from dask.distributed import LocalCluster
from dask_gateway import Gateway
from IPython.display import display

# %% [markdown]
# ## A Dask cluster
# On the hub, Dask Gateway starts the workers on the tenancy's other machines. The link in the description of the
# client opens the cluster's dashboard. Without a gateway, the workers are processes beside the notebook.

# %%
if "DASK_GATEWAY__ADDRESS" in os.environ:
    cluster = Gateway().new_cluster()
    cluster.scale(2)
else:
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
client = cluster.get_client()
# A task that waits for the first worker keeps the gateway from ending the cluster because nobody computes.
assert client.submit(sum, [1, 2]).result() == 3
client

# %% [markdown]
# ## Data in chunks
# The temperature falls from the equator to the poles. It changes with the season, most near the poles, and in
# opposite directions on the two hemispheres. Every chunk has 73 days, and nothing is computed yet: a Dask array is a
# plan.

# %%
lat = np.linspace(-88, 88, 45)
lon = np.arange(0.0, 360.0, 4.0)
day = dask.array.arange(365, chunks=73)[:, None, None]
mean_by_lat = (25 - 0.3 * np.abs(lat))[:, None]
season = -np.cos(2 * np.pi * day / 365) * (0.2 * lat)[:, None]
temperature = xr.DataArray(
    mean_by_lat + season + dask.array.zeros((365, lat.size, lon.size), chunks=(73, -1, -1)),
    coords={"time": pd.date_range("2001-01-01", periods=365), "lat": lat, "lon": lon},
    dims=("time", "lat", "lon"),
    name="temperature",
    attrs={"units": "degC", "long_name": "Air temperature"},
)
assert temperature.chunks[0] == (73,) * 5
temperature

# %% [markdown]
# The plan for the mean of all days: each chunk is reduced on its own, and the partial results are combined.

# %%
display(dask.visualize(temperature.mean("time"), filename=None, format="png", optimize_graph=True))

# %% [markdown]
# ## Monthly means
# `groupby` works on labels, here the month of each day. `compute` sends the plan to the workers and returns numbers.

# %%
monthly = temperature.groupby("time.month").mean().compute()
assert monthly.shape == (12, 45, 90)

july = -np.cos(2 * np.pi * np.arange(181, 212) / 365).mean()
np.testing.assert_allclose(monthly.sel(month=7).isel(lon=0), 25 - 0.3 * np.abs(lat) + july * 0.2 * lat)

monthly.mean("lon").plot(x="month", y="lat", cmap="RdBu_r", center=15)
plt.title("Zonal mean")
plt.show()

# %% [markdown]
# ## The mean of the Earth
# Cells of a regular grid are smaller near the poles, so that the global mean needs weights. The seasons of the two
# hemispheres cancel out, and what remains is $25 - 0.3\,(90 - 180/\pi) = 15.2$ degrees.

# %%
weights = np.cos(np.deg2rad(monthly.lat))
earth = monthly.weighted(weights).mean(["lat", "lon"])
np.testing.assert_allclose(earth, 25 - 0.3 * (90 - 180 / np.pi), atol=0.05)
print(f"Global mean {float(earth.mean()):.1f} °C; without weights it would be {float(monthly.mean()):.1f} °C")

# %% [markdown]
# ## A Zarr store
# The workers cannot see a folder of the notebook, so this small result is written from here. Write large data with
# the workers to an object store, for example to `os.environ["SCRATCH_BUCKET"]`; the code is the same.

# %%
store = tempfile.mkdtemp(suffix=".zarr")
with dask.config.set(scheduler="threads"):
    monthly.chunk(month=3).to_dataset().to_zarr(store, mode="w", consolidated=False)
    stored = xr.open_zarr(store, consolidated=False).temperature
    assert stored.chunks[0] == (3, 3, 3, 3)
    assert stored.attrs["units"] == "degC"
    summer = stored.sel(month=7).load()  # reads one chunk of four
xr.testing.assert_allclose(summer, monthly.sel(month=7))

# %%
summer.plot()
plt.show()

# %% [markdown]
# A cluster that is closed frees its workers for others.

# %%
client.close()
cluster.close()
