"""Links records about children in England: records in, links with confidence, persons and diagnostics out.

    from pathlib import Path
    from linkage import read_project
    from linkage.run import run_project
    run_project(read_project(Path("linkage.toml")), out=Path("runs/first"))

Only what is light to import is named here; `linkage.run` brings Splink and DuckDB with it.
"""

from linkage.errors import InputError, LinkageError, ProjectError, QualityFloorError, RefusedError, UsageError
from linkage.project import Project, read_project

__all__ = [
    "InputError",
    "LinkageError",
    "Project",
    "ProjectError",
    "QualityFloorError",
    "RefusedError",
    "UsageError",
    "read_project",
]
__version__ = "0.1.0"
