"""The workflow as it is shipped: who may do what in which state."""
