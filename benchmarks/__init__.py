"""How much the bridge costs, measured beside what the machine and its libraries allow.

``python -m benchmarks`` plays meetings to two processes, one after the other, under the same load:

* ``bridge_process``  The bridge as it runs in production, against a run API that answers at once.
* ``bare_loop``       The limit: the same frames through ``async for`` over the same sockets.

``load`` is what they are put under, ``subject`` the process that is measured and ``probe`` its side
of the talk, ``measurement`` one run, ``figures`` the arithmetic and ``report`` the page it goes to.
"""
