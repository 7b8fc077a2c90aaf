"""Vector tiles, imagery and styles over HTTP."""
