"""The catalogue of indicators: what is measured, from what, how often, and when it warns. All definitions are this project's own."""
