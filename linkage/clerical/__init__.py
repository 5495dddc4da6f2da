"""Clerical review without a server: people read a sample of pairs in a workbook, and the run is judged by it.

`review.py` has the order of things: plan, export, import. What is drawn is known pair by pair with its chance
(`frame.py`, `design.py`, `draw.py`), and kept in the run's folder (`key.py`), away from the readers (`workbook.py`,
`fields.py`). What they answer (`answers.py`) becomes precision and recall (`estimates.py`), the readers' own agreement
and errors (`readers.py`) and a map of confidence (`recalibration.py`), which nobody applies but the user.
"""
