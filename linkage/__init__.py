"""Links records about children in England: records in, links with confidence, persons and diagnostics out.

    from linkage import read_project, run
    run(read_project(Path("linkage.toml")), out=Path("runs/first"))
"""

from linkage.errors import InputError, LinkageError, ProjectError, QualityFloorError, RefusedError, UsageError
from linkage.project import Project, read_project
from linkage.run import run

__all__ = [
    "InputError",
    "LinkageError",
    "Project",
    "ProjectError",
    "QualityFloorError",
    "RefusedError",
    "UsageError",
    "read_project",
    "run",
]
__version__ = "0.1.0"
