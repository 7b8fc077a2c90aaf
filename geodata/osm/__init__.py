"""OpenStreetMap: from an extract to roads, buildings, places, areas and the base map's raw material."""
