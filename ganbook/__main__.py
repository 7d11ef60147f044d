"""``python -m ganbook``: see `ganbook.cli`."""

import sys

from ganbook.cli import main

sys.exit(main())
