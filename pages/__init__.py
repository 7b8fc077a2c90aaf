"""Dash pages: layouts only."""
