"""Python code that the Dask tests run in the kernels of users' notebooks, and its results."""

# The store is part of the task graph: workers mount no home and cannot read files of a notebook.
ZARR = """\
import numpy, xarray
from zarr.storage import MemoryStore
day, lat = numpy.arange(365.0), numpy.linspace(-90, 90, 41)
values = day[:, None, None] + lat[:, None] + numpy.zeros(30)
air = xarray.DataArray(values, {"day": day, "lat": lat}, ("day", "lat", "lon"))
store = MemoryStore()
air.to_dataset(name="air").to_zarr(store, encoding={"air": {"chunks": (10, 41, 30)}}, consolidated=False)
written = xarray.open_zarr(store, chunks={}, consolidated=False).air
"""

COMPUTE = """\
def heavy(chunk):
    time.sleep(0.25)
    return 2 * chunk
doubled = xarray.apply_ufunc(heavy, written, dask="parallelized", output_dtypes=[float])
overall, at_the_pole = (float(each) for each in client.gather(client.compute([doubled.mean(), doubled[:, -1].mean()])))
"""

OVERALL, AT_THE_POLE = 2 * 182.0, 2 * (182.0 + 90.0)
"""The mean of days 0 to 364 is 182, that of the latitudes 0."""

SLOW_SQUARES = (
    "sorted(client.gather(client.map(lambda n: time.sleep(0.25) or n * n, range({first}, {last}), pure=False)))"
)

# A refused connect() leaves an object whose destructor may block its kernel forever, so it runs in its own process.
REFUSED = """\
import os, subprocess, sys
def refused(attempt):
    try:
        attempt()
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def connect_elsewhere(name):
    code = '''
import os, sys, traceback
from dask_gateway import Gateway
try:
    Gateway().connect(sys.argv[1])
except Exception:
    traceback.print_exc()
    os._exit(1)
os._exit(0)
'''
    done = subprocess.run([sys.executable, "-c", code, name], capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(done.stderr)
"""

FIND_WORK = """\
import os, sys
if "/usr/local/share/pangeo" not in sys.path:
    sys.path.append("/usr/local/share/pangeo")
from pangeo_server.dask_work import DaskWork
print(await DaskWork(os.environ).find_in_gateway())
"""
"""Prints the cluster with tasks that the user's server finds; an empty line if there is none."""
