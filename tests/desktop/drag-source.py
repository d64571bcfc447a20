#!/usr/bin/python3
"""A window in the corner of the screen from which the files named as arguments can be dragged, as from a file manager.

Says `ready`, `begin` and `end` as the drag goes on, and leaves when it is over.
"""
import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402


def say(word):
    print(word, flush=True)


def finish(*_):
    say("end")
    Gtk.main_quit()


files = [GLib.filename_to_uri(path) for path in sys.argv[1:]]
handle = Gtk.EventBox()
handle.set_size_request(80, 80)
handle.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
handle.drag_source_add_uri_targets()
handle.connect("drag-begin", lambda *_: say("begin"))
handle.connect("drag-data-get", lambda _widget, _context, data, _info, _time: data.set_uris(files))
handle.connect("drag-end", finish)

# A pop-up lies above the studio's window even where no window manager stacks windows.
window = Gtk.Window(type=Gtk.WindowType.POPUP)
window.add(handle)
window.connect("map-event", lambda *_: say("ready"))
window.show_all()
window.move(0, 0)
Gtk.main()
