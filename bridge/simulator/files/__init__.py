"""Transcript files, as products save them, read into who says what and when. Pure: text in, rows out.

``forms`` is the table of forms and decides which one a file is; each form has a file of its own. ``names`` decides, for
a file as a whole, whether its lines begin with names. ``pace`` gives times to what has none. ``account`` checks that
every letter of a file came out as words, or is told of.
"""
