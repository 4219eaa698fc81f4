"""The forms that findings are written in, and how each is read into the one `Finding`."""
