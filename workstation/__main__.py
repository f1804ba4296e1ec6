"""`python -m workstation` is the command `exifact`; the bundle starts here, too."""

import multiprocessing
import sys

from workstation.paths import HEIF_DECODER

if __name__ == "__main__":
    multiprocessing.freeze_support()  # in the bundle, a worker process is this program again
    if sys.argv[1:2] == [HEIF_DECODER]:
        from workstation.evidence.heif_decoder import main as decode

        decode(sys.argv[2])
    else:
        from workstation.cli import main

        main()
