"""Topology and twin to a Grafana provisioning folder. Pure: values, no disk, no socket, no templates."""
