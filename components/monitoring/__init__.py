"""Alert rules for the cluster's Prometheus."""
