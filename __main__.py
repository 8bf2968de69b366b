"""Read the tenancy of this stack, declare its hub, export where it answers."""

import pulumi
import pulumi_kubernetes as kubernetes

from components.chart_dependencies import verify_dependencies
from components.pangeo_cluster import PangeoCluster
