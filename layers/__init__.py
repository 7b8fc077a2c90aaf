"""Element classes as data: one small declarative file per layer."""
