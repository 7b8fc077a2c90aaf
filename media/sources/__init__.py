"""Cameras of every make behind one interface."""
