"""Records become links: deterministic passes, candidates, the model, calibration, decisions."""
