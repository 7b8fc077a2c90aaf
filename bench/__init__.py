"""Measurements with targets: `python -m bench [names]` runs the modules of this package and prints one table."""
