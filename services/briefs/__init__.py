"""Briefs (简报): kinds as data, figures of one snapshot, a document of text, tables, charts and maps, and its way from draft to reader."""
