"""The sample city: the ground from an extract (areas, blocks, grids, buildings), and what is generated on it."""
