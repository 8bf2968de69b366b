# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # A catalogue of data with intake
# A catalogue is a text file that says where data sets are and how to open them, so that notebooks only need their
# names. When data move, only the catalogue changes.

# %%
import tempfile
from pathlib import Path

import fsspec
import intake
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pooch
import xarray as xr

# %% [markdown]
# ## Data and catalogue
# Two years of rain, one file for each year, and a table of stations.

# %%
folder = Path(tempfile.mkdtemp())
time = pd.date_range("2020-01-01", periods=24, freq="MS")
amount = 60 + 30 * np.cos(2 * np.pi * np.arange(24) / 12)
rain = xr.Dataset({"rain": ("time", amount, {"units": "mm", "long_name": "Monthly rain"})}, coords={"time": time})
for year, part in rain.groupby("time.year"):
    part.to_netcdf(folder / f"rain-{year}.nc")
pd.DataFrame({"station": ["A", "B"], "height": [12, 340]}).to_csv(folder / "stations.csv", index=False)

(folder / "catalogue.yaml").write_text("""
sources:
  rain:
    description: Monthly rain, one file for each year
    driver: netcdf
    args:
      urlpath: "{{ CATALOG_DIR }}/rain-*.nc"
      xarray_kwargs: {combine: by_coords, engine: h5netcdf}
  stations:
    description: The stations and their heights
    driver: csv
    args: {urlpath: "{{ CATALOG_DIR }}/stations.csv"}
""")

# %% [markdown]
# ## Data by name

# %%
catalogue = intake.open_catalog(str(folder / "catalogue.yaml"))
assert sorted(catalogue) == ["rain", "stations"]
for name in sorted(catalogue):
    print(f"{name:10} {catalogue[name].description}")

# %% [markdown]
# The files of both years are one data set, and Dask reads them when they are needed.

# %%
data = catalogue["rain"].to_dask()
assert data.rain.chunks is not None
by_year = data.rain.groupby("time.year").sum().compute()
np.testing.assert_allclose(by_year, [720, 720])
assert catalogue["stations"].read().height.tolist() == [12, 340]

# %%
data.rain.plot.step(where="mid")
plt.ylim(0)
plt.show()

# %% [markdown]
# ## Files of any store
# fsspec opens files by their address, for example `s3://`, `gs://`, `https://`, or `memory://` for a file in memory.
# pandas and xarray use it.

# %%
fsspec.filesystem("memory").pipe("/readings.csv", b"hour,wind\n0,3.5\n6,7\n")
readings = pd.read_csv("memory://readings.csv")
assert readings.wind.tolist() == [3.5, 7.0]

# %% [markdown]
# ## Downloads that do not change unnoticed
# pooch downloads a file once and compares its hash, so that everybody computes with the same data. Here, the
# "download" is a copy.


# %%
def copy(url, target, _):
    """Copy the file of a URL, as the other downloaders of pooch do."""
    fsspec.filesystem("file").get(url, target)


source = folder / "stations.csv"
stations = pooch.retrieve(
    source.as_uri(), known_hash=pooch.file_hash(source), path=folder / "downloads", downloader=copy
)
assert Path(stations).read_text() == source.read_text()
