"""The dashboards of a tenancy, one for each subject."""

from monitoring.dask import DASK
from monitoring.homes import HOMES
from monitoring.resources import RESOURCES
from monitoring.starts import STARTS
from monitoring.users import USERS

DASHBOARDS = (USERS, STARTS, RESOURCES, DASK, HOMES)
