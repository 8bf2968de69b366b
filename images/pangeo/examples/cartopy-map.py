# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Maps with cartopy
# Cartopy draws data of one coordinate system on a map of another. This image has the coastlines, land, ocean and
# borders of Natural Earth in the scales 110m, 50m and 10m, so that maps need no download. Other data, such as rivers,
# cartopy downloads at the first use.

# %%
import io
import os
from pathlib import Path

import cartopy.crs as ccrs
import cartopy.feature as cfeature
import cartopy.io.shapereader as shapereader
import matplotlib.pyplot as plt
import numpy as np
import pyproj
import shapely
from matplotlib.colors import to_rgb

# %%
for scale in ("110m", "50m", "10m"):
    file = shapereader.natural_earth(scale, "physical", "coastline")
    assert Path(file).is_relative_to(os.environ["CARTOPY_DATA_DIR"])

# %% [markdown]
# ## A map of the world
# The shortest path from London to Tokyo is straight on the globe, but not on the map. `Geodetic` are degrees with
# shortest paths between them, `PlateCarree` degrees with straight lines on a map of degrees.

# %%
london, tokyo = (-0.1, 51.5), (139.7, 35.7)
kilometres = pyproj.Geod(ellps="WGS84").inv(*london, *tokyo)[2] / 1000
assert 9500 < kilometres < 9650

figure = plt.figure(figsize=(9, 5))
axes = figure.add_subplot(projection=ccrs.Robinson())
axes.set_global()
axes.add_feature(cfeature.OCEAN, facecolor="lightblue")
axes.add_feature(cfeature.LAND, facecolor="wheat")
axes.add_feature(cfeature.BORDERS, linewidth=0.3)
axes.coastlines(linewidth=0.5)
axes.plot(*zip(london, tokyo, strict=True), transform=ccrs.Geodetic(), color="red", label=f"{kilometres:.0f} km")
axes.plot(*zip(london, tokyo, strict=True), transform=ccrs.PlateCarree(), color="grey", linestyle="--")
axes.legend(loc="lower left")
picture = io.BytesIO()
figure.savefig(picture)
picture.seek(0)
plt.show()

# %% [markdown]
# The picture has about twice as many pixels of sea as of land: the Robinson projection enlarges areas near the poles.

# %%
pixels = plt.imread(picture)[..., :3]
sea = np.isclose(pixels, to_rgb("lightblue"), atol=0.01).all(axis=-1).sum()
ground = np.isclose(pixels, to_rgb("wheat"), atol=0.01).all(axis=-1).sum()
assert 1.5 < sea / ground < 3

# %% [markdown]
# ## Areas on the globe
# With the shapes of the features one can calculate. On the globe, land covers 29 % of the Earth.

# %%
ellipsoid = pyproj.Geod(ellps="WGS84")
land = list(cfeature.LAND.with_scale("110m").geometries())
polygons = [part for shape in land for part in shapely.get_parts(shapely.segmentize(shape, 1))]
area = sum(abs(ellipsoid.geometry_area_perimeter(shapely.orient_polygons(part))[0]) for part in polygons)
share = area / 510.07e12  # m² of the Earth's surface
assert 0.28 < share < 0.30
print(f"Land covers {share:.1%} of the Earth")

# %%
detailed = shapely.union_all(list(cfeature.LAND.with_scale("50m").geometries()))
places = {"London": london, "Chukotka": (-175.0, 66.5), "South Pole": (10.0, -89.5), "Pacific": (-150.0, 0.0)}
on_land = {name: detailed.contains(shapely.Point(place)) for name, place in places.items()}
assert on_land == {"London": True, "Chukotka": True, "South Pole": True, "Pacific": False}

# %% [markdown]
# ## A detail
# A Lambert projection is right for a country in the middle latitudes.

# %%
figure = plt.figure()
axes = figure.add_subplot(projection=ccrs.LambertConformal(central_longitude=-4, central_latitude=55))
axes.set_extent([-11, 2, 50, 60], crs=ccrs.PlateCarree())
axes.add_feature(cfeature.LAND.with_scale("50m"), facecolor="wheat")
axes.coastlines("50m")
axes.gridlines(draw_labels=True, x_inline=False, y_inline=False)
axes.plot(*london, "ro", transform=ccrs.PlateCarree())
plt.show()
