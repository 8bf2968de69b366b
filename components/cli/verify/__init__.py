"""The command ``verify``: tries what users do, from outside and from a server of its own, and removes it all again.

A check is a :class:`~components.cli.verify.check.Check` in the list of ``components/cli/verify/checks.py``. Its
function gets a :class:`~components.cli.verify.context.Context` and returns the same results as those of ``doctor``
(``components/cli/diagnose/result.py``): ``good`` is passed, ``broken`` is failed, ``unknown`` is not tested, with the
reason as message. ``broken`` says what users notice, and what to do.

A check that needs others, by their subjects, runs once these have passed; otherwise it is reported as not tested. All
others run at the same time, each in a thread:

* ``needs=()``: from outside only. ``context.web`` requests pages of the hub or of the server (``web.request``) and
  opens websockets (``web.open_websocket``), at the tenancy's address as ``doctor`` does; ``context.endpoint`` and
  ``context.tls()`` are for connections of a check's own.
* ``needs=(FILES,)``: the verification's server runs, and runs until all checks have ended. ``context.server.run(code)``
  runs Python in a new kernel of the server and returns the JSON that the code prints as its last line; it raises
  ``CodeFailed``. ``context.web.request`` and ``open_websocket`` take ``context.server.path`` and ``context.token``.
* ``needs=(DASK,)``: in addition, ``context.dask_cluster`` runs.
* ``context.cluster()`` is the cluster's API.

Use ``context.wait(seconds)`` instead of ``time.sleep``: it ends with the run. Each request needs a time limit, at most
``context.remaining()``. What a check creates beyond the server, it removes itself; the hub removes the server, its home
and its Dask clusters. A check may return its results or raise ``CheckFailed``; the exceptions in ``EXPECTED``
(``runner.py``) are a failed check, too.
"""
