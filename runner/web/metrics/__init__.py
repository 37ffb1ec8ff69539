"""`/metrics`: the installation in numbers, for Prometheus."""
