"""`python -m workstation` is the command `exifact`; the bundle starts here, too."""

import multiprocessing

from workstation.cli import main

if __name__ == "__main__":
    multiprocessing.freeze_support()  # in the bundle, a worker process is this program again
    main()
