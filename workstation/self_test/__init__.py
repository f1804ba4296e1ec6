"""Does this installation hold what was shipped, and does it compute what it should?

No Qt: the command `exifact self-test` prints the table, the window shows the same through `run`.
"""

from workstation.self_test.checks import Check, Outcome, SelfTest, run

__all__ = ["Check", "Outcome", "SelfTest", "run"]
