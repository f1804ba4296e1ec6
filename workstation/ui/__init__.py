"""What the analyst sees; the only room with Qt in it."""
