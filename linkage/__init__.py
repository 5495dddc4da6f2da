"""Links records about children in England: records in, links with confidence, persons and diagnostics out."""

__version__ = "0.1.0"
