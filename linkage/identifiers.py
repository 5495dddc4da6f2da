"""Identifiers (placeholder until the module lands)."""
