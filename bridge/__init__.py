"""Zoom's live meeting transcript into Langflow flows.

The folders are the stops of a sentence's journey, in order:

* ``webhook``     Zoom calls us: signature, events, the public routes.
* ``session``     One live stream: who is live, and the tasks that keep it so.
* ``rtms``        Zoom's two sockets: messages, signaling, media, the connection.
* ``transcript``  Words become windows: utterances, and when a window closes.
* ``store``       Nothing is forgotten: the database that is written before anything is acted on.
* ``flow``        Ask Langflow: the request, the client, whose turn it is, the worker, the routes.

Beside the journey: ``archive`` (what was said is found again), ``publish`` (flows put on a server), ``zoom`` (Zoom's REST), ``recording`` (sound and pictures),
``admin`` (private API and metrics), ``pages`` (what people see), ``panel`` (the same in Zoom's side bar), ``remote`` (commands for a bridge that runs), ``simulator`` (a stand-in for Zoom) and
``demo`` (everything on one machine). ``app`` is the composition root, the only file that knows
every folder, ``loop`` the event loop that it runs in; ``environment`` the only reader of environment and ``.env``, ``settings`` what they say; ``text`` the one edge for
text; ``domain`` what travels; ``errors``
what can go wrong, whose fault it is, and whether trying again can help.
"""
