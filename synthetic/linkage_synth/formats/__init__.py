"""The formats that are written on request, beside the standard returns."""
