"""`python -m workstation` is the command `exifact`."""

from workstation.cli import main

if __name__ == "__main__":
    main()
