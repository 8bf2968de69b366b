# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # netCDF files
# netCDF is the usual format of weather and climate data: arrays that describe themselves, with names, units and
# calendars of the CF conventions. This notebook writes a file with netCDF4, and reads it with h5netcdf and xarray.

# %%
import tempfile
from pathlib import Path

import cf_units
import cf_xarray  # noqa: F401 - adds `.cf` to xarray's objects
import cftime
import h5netcdf
import matplotlib.pyplot as plt
import netCDF4
import numpy as np
import pint_xarray  # noqa: F401 - adds `.pint` to xarray's objects
import xarray as xr

# %% [markdown]
# ## A compressed file
# Its calendar has twelve months of 30 days, as in many climate models. The time is unlimited: programs can append to
# it. Values are stored in compressed chunks of 90 days.

# %%
file = Path(tempfile.mkdtemp()) / "wind.nc"
day = np.arange(360)
speed = (10 + 5 * np.cos(2 * np.pi * day / 360)).astype("f4")[:, None] * np.ones(50, "f4")
with netCDF4.Dataset(file, "w") as out:
    out.Conventions = "CF-1.11"
    out.createDimension("time", None)
    out.createDimension("station", 50)
    time = out.createVariable("time", "f8", ("time",))
    time.setncatts({"units": "days since 2000-01-01", "calendar": "360_day", "standard_name": "time", "axis": "T"})
    time[:] = day
    wind = out.createVariable("wind", "f4", ("time", "station"), compression="zlib", chunksizes=(90, 50))
    wind.setncatts({"units": "m s-1", "standard_name": "wind_speed", "long_name": "Wind"})
    wind[:] = speed
assert file.stat().st_size < speed.nbytes / 2
print(f"{speed.nbytes} bytes of values in a file of {file.stat().st_size} bytes")

# %% [markdown]
# netCDF 4 files are HDF5 files. h5netcdf reads and writes them without the netCDF library.

# %%
with h5netcdf.File(file) as stored:
    assert stored.dimensions["time"].isunlimited()
    assert stored["wind"].chunks == (90, 50)
    np.testing.assert_array_equal(stored["wind"][:], speed)

# %% [markdown]
# ## Dates of other calendars
# xarray uses cftime for dates that Python does not have, such as 30 February. cf-xarray finds variables by their
# standard names and axes, whatever they are called in the file.

# %%
data = xr.open_dataset(file, engine="h5netcdf", chunks={})
assert data.time.values[59] == cftime.Datetime360Day(2000, 2, 30)
assert data.cf["wind_speed"].name == "wind"
assert data.cf["T"].name == "time"
data

# %% [markdown]
# ## Units
# cf-units knows the units of the CF conventions. pint-xarray keeps units with arrays, and refuses sums of metres and
# seconds.

# %%
assert abs(cf_units.Unit(data.wind.units).convert(10.0, "knot") - 19.438) < 0.001

wind = data.wind.load().pint.quantify("m/s")
in_knots = wind.pint.to("knot")
np.testing.assert_allclose(in_knots.max().pint.magnitude, 15 * 1.943844, rtol=1e-5)
assert (wind * wind).pint.units == wind.pint.units**2

# %% [markdown]
# ## A plot
# nc-time-axis lets matplotlib draw the dates of the calendar.

# %%
in_knots.isel(station=0).pint.dequantify().plot()
assert len(plt.gca().get_xticks()) > 1
plt.show()
