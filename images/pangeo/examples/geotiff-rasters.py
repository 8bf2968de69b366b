# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # GeoTIFF: rasters and shapes
# A GeoTIFF is a picture that knows its place on Earth. rasterio reads and writes it, rioxarray makes an xarray array
# of it, and geopandas has the points, lines and areas to combine it with.

# %%
import tempfile
from pathlib import Path

import geopandas
import matplotlib.pyplot as plt
import numpy as np
import rasterio
import rioxarray
from rasterio.transform import from_origin
from shapely import Point

# %% [markdown]
# ## A raster
# A cone-shaped hill, 1,000 m high, in cells of 100 m. The coordinates are metres in the zone 30 of UTM, and -1 marks
# missing values. GeoTIFFs in tiles are read in parts, also over a network.

# %%
file = Path(tempfile.mkdtemp()) / "hill.tif"
west, north, cell = 500_000, 6_200_000, 100
row, column = np.mgrid[0:200, 0:200]
height = np.clip(1000 - 10 * np.hypot(row - 100, column - 100), 0, None).astype("float32")
with rasterio.open(
    file,
    "w",
    driver="GTiff",
    width=200,
    height=200,
    count=1,
    dtype="float32",
    crs="EPSG:32630",
    transform=from_origin(west, north, cell, cell),
    nodata=-1,
    compress="deflate",
    tiled=True,
    blockxsize=64,
    blockysize=64,
) as out:
    out.write(height, 1)

# %%
hill = rioxarray.open_rasterio(file, masked=True, chunks={}).squeeze("band")
assert hill.rio.crs == "EPSG:32630"
assert hill.rio.bounds() == (west, north - 20_000, west + 20_000, north)
assert float(hill.max()) == 1000
hill

# %% [markdown]
# ## An area
# The volume of the hill within 5 km of its summit is that of a cone of 500 m on a cylinder of 500 m.

# %%
summit = Point(west + 100.5 * cell, north - 100.5 * cell)
area = geopandas.GeoDataFrame({"name": ["summit"]}, geometry=[summit.buffer(5000)], crs=hill.rio.crs)
top = hill.rio.clip(area.geometry)
assert float(top.min()) > 490
volume = float(top.sum()) * cell**2
np.testing.assert_allclose(volume, np.pi * 5000**2 * (500 + 500 / 3), rtol=0.01)
print(f"{volume / 1e9:.1f} km³")

# %% [markdown]
# ## Other coordinates
# In degrees, the hill is where the summit's coordinates say.

# %%
degrees = hill.rio.reproject("EPSG:4326")
peak = degrees.where(degrees == degrees.max(), drop=True)
place = geopandas.GeoSeries([summit], crs=hill.rio.crs).to_crs("EPSG:4326").iloc[0]
np.testing.assert_allclose([peak.x[0], peak.y[0]], [place.x, place.y], atol=0.003)

# %%
degrees.plot(cmap="terrain")
area.to_crs("EPSG:4326").boundary.plot(ax=plt.gca(), color="red")
plt.title("5 km around the summit")
plt.show()
