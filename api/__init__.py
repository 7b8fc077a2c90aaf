"""Machine interfaces: accounts and sessions, REST, OGC API, health. `create` puts them on a Flask server."""
