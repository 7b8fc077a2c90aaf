"""Dash wiring: payload to domain value to one service to one panel."""
