"""``python -m artgan``: the same as the command ``artgan``."""

from artgan.cli import main

if __name__ == "__main__":
    main()
