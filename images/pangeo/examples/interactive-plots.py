# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Interactive plots with hvplot
# With hvplot, `.hvplot` of an xarray or pandas object makes a plot in which readers zoom, pan and read values. It
# uses HoloViews and Bokeh, GeoViews for maps, and Datashader for more points than a browser can draw.

# %%
import datashader
import geoviews
import holoviews as hv
import hvplot.pandas
import hvplot.xarray  # noqa: F401 - adds `.hvplot` to xarray's objects
import numpy as np
import pandas as pd
import xarray as xr

# %% [markdown]
# A wave that moves east, at two times.

# %%
lat, lon = np.linspace(-80, 80, 33), np.linspace(-180, 175, 72)
wave = xr.DataArray(
    [np.cos(np.deg2rad(lat))[:, None] * np.cos(3 * np.deg2rad(lon) - phase) for phase in (0, np.pi / 2)],
    coords={"hour": [0, 6], "lat": lat, "lon": lon},
    dims=("hour", "lat", "lon"),
    name="height",
)

# %% [markdown]
# ## A slider
# `groupby` makes a slider, or a menu, for a dimension.

# %%
with_slider = wave.hvplot.quadmesh(x="lon", y="lat", cmap="coolwarm", groupby="hour", dynamic=False)
assert isinstance(with_slider, hv.HoloMap)
assert list(with_slider.keys()) == [0, 6]
with_slider

# %% [markdown]
# ## Lines
# `by` draws a line for each value; a click on the legend hides it.

# %%
lines = wave.sel(lat=0).hvplot.line(x="lon", by="hour")
assert list(lines.keys()) == [0, 6]
figure = hv.render(lines)
assert len(figure.renderers) == 2
drawn = [renderer.data_source.data["height"] for renderer in figure.renderers]
np.testing.assert_allclose(drawn, wave.sel(lat=0))
lines

# %% [markdown]
# ## A map
# `geo=True` makes a map with the coastlines of this image.

# %%
world = wave.sel(hour=0).hvplot.quadmesh(
    x="lon", y="lat", geo=True, coastline=True, projection="Robinson", project=True
)
assert [type(element) for element in world if isinstance(element, geoviews.Feature)] == [geoviews.Feature]
coasts = [each for each in hv.render(world).renderers if type(each.glyph).__name__ == "MultiLine"]
assert len(coasts[0].data_source.data["xs"]) > 100
world

# %% [markdown]
# ## A million points
# Datashader counts the points in each pixel, so that none hides another. The picture is made by the kernel.

# %%
random = np.random.default_rng(7)
cloud = pd.DataFrame({"x": random.normal(size=1_000_000), "y": random.normal(size=1_000_000)})
counts = datashader.Canvas(300, 300).points(cloud, "x", "y")
assert int(counts.sum()) == 1_000_000
image = datashader.transfer_functions.shade(counts, cmap=["lightblue", "darkblue"])
picture = datashader.transfer_functions.set_background(image, "white").to_pil()
assert picture.size == (300, 300)
picture
