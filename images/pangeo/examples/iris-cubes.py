# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Iris: cubes, cell methods and regridding
# An Iris cube is an array with the metadata of the CF conventions: names, units, coordinates with bounds, and how
# each value was made. This notebook uses the sample data of the Met Office, which come with this image.

# %%
import tempfile
from pathlib import Path

import iris
import iris.analysis
import iris.analysis.cartography
import iris.coord_categorisation
import iris.plot
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from iris.cube import CubeList

iris.FUTURE.date_microseconds = True
iris.FUTURE.save_split_attrs = True

# %% [markdown]
# ## A cube
# The file has the PP format of the Met Office. Iris reads netCDF files in the same way.

# %%
air = iris.load_cube(iris.sample_data_path("air_temp.pp"))
assert air.name() == "air_temperature"
assert air.shape == (73, 96)
air

# %% [markdown]
# Iris converts units, and selects by the values of coordinates.

# %%
tropics = air.extract(iris.Constraint(latitude=lambda cell: -23.5 <= cell <= 23.5))
tropics.convert_units("celsius")
assert str(air.units) == "K"
assert 20 < tropics.data.mean() < 30

# %% [markdown]
# ## Regridding
# The area-weighted scheme averages over the cells of the target, so that the global mean stays the same. A linear
# scheme interpolates between points, so that no value is outside of the range of the source, but the mean may change.


# %%
def global_mean(cube):
    """Return the mean of a cube, weighted by the areas of its cells."""
    weights = iris.analysis.cartography.area_weights(cube)
    return float(cube.collapsed(["latitude", "longitude"], iris.analysis.MEAN, weights=weights).data)


def empty_grid(rows, columns):
    """Return a cube on a global grid of this size, in the coordinate system of `air`."""
    system = air.coord("latitude").coord_system
    lat = iris.coords.DimCoord(
        np.linspace(-90 + 90 / rows, 90 - 90 / rows, rows),
        standard_name="latitude",
        units="degrees",
        coord_system=system,
    )
    lon = iris.coords.DimCoord(
        np.linspace(180 / columns, 360 - 180 / columns, columns),
        standard_name="longitude",
        units="degrees",
        coord_system=system,
        circular=True,
    )
    for coordinate in (lat, lon):
        coordinate.guess_bounds()
    return iris.cube.Cube(np.zeros((rows, columns)), dim_coords_and_dims=[(lat, 0), (lon, 1)])


for name in ("latitude", "longitude"):
    air.coord(name).guess_bounds()

coarse = air.regrid(empty_grid(18, 36), iris.analysis.AreaWeighted())
linear = air.regrid(empty_grid(18, 36), iris.analysis.Linear())
assert coarse.shape == linear.shape == (18, 36)
assert abs(global_mean(coarse) - global_mean(air)) < 0.05
assert air.data.min() <= linear.data.min() <= linear.data.max() <= air.data.max()
for label, cube in {"original": air, "area-weighted": coarse, "linear": linear}.items():
    print(f"{label:14} {global_mean(cube):.3f} K")

# %%
mesh = iris.plot.pcolormesh(coarse)
plt.gca().coastlines()
plt.colorbar(mesh, orientation="horizontal", label="Air temperature (K)")
plt.show()

# %% [markdown]
# ## A time series
# Temperatures of North America in a climate projection, 240 years. The data are lazy: Iris reads them with Dask when
# it needs them. Cubes of parts of the time are joined to one again.

# %%
projection = iris.load_cube(iris.sample_data_path("E1_north_america.nc"))
assert projection.has_lazy_data()
joined = CubeList([projection[:100], projection[100:]]).concatenate_cube()
assert joined == projection

for name in ("latitude", "longitude"):
    projection.coord(name).guess_bounds()
weights = iris.analysis.cartography.area_weights(projection)
yearly = projection.collapsed(["latitude", "longitude"], iris.analysis.MEAN, weights=weights)
assert yearly.cell_methods[-1].coord_names == ("latitude", "longitude")
iris.coord_categorisation.add_year(yearly, "time")
yearly.coord("time").bounds = None  # a moving window does not keep them
decades = yearly.rolling_window("time", iris.analysis.MEAN, 10)
warming = float(decades.data[-1] - decades.data[0])
assert warming > 1
print(f"From the first to the last ten years it becomes {warming:.1f} K warmer")

# %%
iris.plot.plot(yearly, label="one year")
iris.plot.plot(decades, label="ten years")
plt.legend()
plt.ylabel("Air temperature (K)")
plt.show()

# %% [markdown]
# ## To xarray and back
# xarray opens what Iris saves, and makes a cube of an array.

# %%
file = Path(tempfile.mkdtemp()) / "decades.nc"
iris.save(decades, file)
array = xr.open_dataset(file)[decades.var_name]
assert array.attrs["standard_name"] == "air_temperature"
cube = array.to_iris()
assert cube.units == decades.units
np.testing.assert_allclose(cube.data, decades.data)
