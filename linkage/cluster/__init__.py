"""Links become persons: components, the constraints on a person, and ids."""
