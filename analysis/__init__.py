"""The people counter: a process of its own that looks at a rota of cameras."""
