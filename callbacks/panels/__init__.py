"""Pure functions from dataclasses to components: no service is called here."""
