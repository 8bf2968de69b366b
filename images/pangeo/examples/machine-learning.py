# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Machine learning with Dask
# dask-ml has the methods of scikit-learn for data that are larger than the memory of one machine: workers hold a part
# of the data each. This notebook finds groups of points, and then learns to tell them apart.

# %%
import os

import dask.array as da
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from dask.distributed import LocalCluster
from dask_gateway import Gateway
from dask_ml.cluster import KMeans
from dask_ml.metrics import accuracy_score
from dask_ml.preprocessing import StandardScaler
from dask_ml.wrappers import Incremental
from sklearn.linear_model import SGDClassifier

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
# ## Data
# Random points around three centres, in six chunks. `persist` computes them once and leaves them on the workers.

# %%
centres = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])
random = da.random.default_rng(7)
group = random.integers(0, 3, size=30_000, chunks=5_000).persist()
points = da.map_blocks(lambda numbers: centres[numbers], group, new_axis=1, chunks=(5_000, 2), dtype=float)
points = (points + random.normal(size=(30_000, 2), chunks=(5_000, 2))).persist()

# %% [markdown]
# ## Groups without labels
# KMeans knows only the points, and finds the centres.

# %%
model = KMeans(n_clusters=3, random_state=7).fit(points)
found = np.array(sorted(model.cluster_centers_.round(1).tolist()))
np.testing.assert_allclose(found, np.array(sorted(centres.tolist())), atol=0.2)

# %%
sample = points[:2000].compute()
labels = model.labels_[:2000].compute()
sns.scatterplot(x=sample[:, 0], y=sample[:, 1], hue=labels, palette="deep", s=10)
plt.scatter(*model.cluster_centers_.T, color="black", marker="x", s=80)
plt.show()

# %% [markdown]
# ## A classifier that learns chunk by chunk
# It learns from five chunks, and is tested with the last one, which neither the classifier nor the scaler has seen
# before.

# %%
scaler = StandardScaler().fit(points[:25_000])
train, test = scaler.transform(points[:25_000]), scaler.transform(points[25_000:])
np.testing.assert_allclose(train.mean(axis=0).compute(), 0, atol=1e-6)
classifier = Incremental(SGDClassifier(random_state=7))
classifier.fit(train, group[:25_000], classes=[0, 1, 2])
accuracy = accuracy_score(group[25_000:], classifier.predict(test))
assert accuracy > 0.95
print(f"{accuracy:.1%} of {len(test)} points are in the right group")

# %%
client.close()
cluster.close()
