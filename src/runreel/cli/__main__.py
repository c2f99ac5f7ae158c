"""`python -m runreel.cli`, for where the `runreel` script is not on the path."""

import sys

from runreel.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
