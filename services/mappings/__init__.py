"""How the orders of other platforms are read: one file of names for each."""
