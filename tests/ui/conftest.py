from __future__ import annotations

import workstation.ui  # noqa: F401 - its guard must stand before the first signal of any test
