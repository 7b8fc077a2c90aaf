"""Machine interfaces: REST, OGC API, export, health."""
