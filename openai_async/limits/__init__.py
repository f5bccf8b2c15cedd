"""Limits that all calls share: see `Gate`."""
