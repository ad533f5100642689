"""The local internet: real host names, served by this machine, with every fault a test wants.

A program that is started with ``Internet.env`` reaches the hosts of the given sites through a CONNECT proxy, over TLS
that it verifies, and nothing else: any other host is answered 403. Nothing in the program knows of it.

The general part knows no site: ``certificates``, ``proxy``, ``server`` (sites, requests, the log), ``faults`` and
``internet``, which starts them, and ``warm``, processes that are loaded already. The sites stand beside it: ``wikiart``
and ``met``. ``python tests/internet`` starts it by hand.
"""

from .internet import NOON, Internet
from .server import Fault, Request, RequestLog, Response, Seen, Site, validators

__all__ = ["NOON", "Fault", "Internet", "Request", "RequestLog", "Response", "Seen", "Site", "validators"]
