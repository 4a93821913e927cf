"""How much the bridge costs, measured beside what the machine and its libraries allow.

``python -m benchmarks`` plays meetings to four processes, one after the other, under the same load:

* ``bare_loop``       The limit: the same frames through ``async for`` over the same sockets, on the same event loop.
* ``bridge_process``  The bridge as it runs in production, against a run API that answers at once.
* ``zoom_sdk``        Zoom's own client, which only receives.
* ``each_utterance``  A blocking request for each utterance, as the public samples do it.

``load`` is what they are put under and ``player`` a process that plays some of it; ``subject`` is a process from the
parent's side, ``probe``, ``announced`` and ``sockets`` are what it is made of; ``measurement`` is one run, ``figures``
the arithmetic and ``report`` the page it goes to.
"""
