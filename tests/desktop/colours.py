#!/usr/bin/python3
"""Prints how many colours the display shows: few while a window is blank, many once its screens are drawn."""
import gi

gi.require_version("Gdk", "3.0")
from gi.repository import Gdk  # noqa: E402

root = Gdk.get_default_root_window()
picture = Gdk.pixbuf_get_from_window(root, 0, 0, root.get_width(), root.get_height())
pixels, row, step = picture.get_pixels(), picture.get_rowstride(), picture.get_n_channels()
print(len({pixels[at : at + 3] for y in range(picture.get_height()) for at in range(y * row, y * row + picture.get_width() * step, step)}))
