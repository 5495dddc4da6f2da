"""`python -m linkage`."""

from linkage.cli import app

if __name__ == "__main__":
    app()
