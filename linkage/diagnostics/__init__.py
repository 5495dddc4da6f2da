"""What can be said of a run: rates with intervals, comparison with a truth, and why a link is as it is."""
