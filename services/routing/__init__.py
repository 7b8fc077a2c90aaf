"""Travel on our own roads: the network, the searches on it, and the one interface that everybody asks."""
