"""Lets ``python -m metier`` stand for ``metier``."""

from metier.cli.main import main

if __name__ == "__main__":
    main()
