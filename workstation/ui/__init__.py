"""What the analyst sees; the only room with Qt in it."""

from workstation.ui import true_references

if true_references.is_needed():
    true_references.make_true_immortal()
