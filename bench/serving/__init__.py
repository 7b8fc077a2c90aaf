"""What several measurements share: a full-size city, a walk over the map, servers to compare, load and processor time."""
