"""Which redirects are followed, and with what."""

from __future__ import annotations

from typing import Any

import httpx

from ._response import BinaryBody

__all__ = ["following", "may_fetch", "stays"]

CARRIED = ("accept", "accept-encoding", "range", "user-agent")
"""The headers that go along to another server: they say how to answer, not who asks."""


def following(request: httpx.Request, response: httpx.Response, into: Any) -> httpx.Request | None:
    """The request that a redirect leads to, or None for one that isn't followed, or is none.

    It stays on its origin and is the same request. Only a download (`into` is `BinaryBody`) may go
    on at another server, as where files are kept in a store that signs its URLs.
    """
    there = _target(request, response)
    # As browsers do, servers take it for granted that these make a GET of a POST, whose answer would
    # be to another question.
    if there is None or (request.method != "GET" and response.status_code not in (307, 308)):
        return None
    if stays(request.url, there):
        headers = request.headers.copy()
        body: Any = request.stream
    elif request.method == "GET" and into is BinaryBody and may_fetch(request.url, there):
        carried = [name for name in CARRIED if name in request.headers]
        headers = httpx.Headers({name: request.headers[name] for name in carried})
        body = None
    else:
        return None
    return httpx.Request(
        request.method, there, headers=headers, stream=body, extensions=request.extensions
    )


def _target(request: httpx.Request, response: httpx.Response) -> httpx.URL | None:
    if not response.has_redirect_location:
        return None
    try:
        return request.url.join(response.headers["location"])
    except httpx.InvalidURL:
        return None


def stays(here: httpx.URL, there: httpx.URL) -> bool:
    """Whether a redirect keeps to the origin, or leads to its https.

    To another origin, headers and bodies would carry secrets.
    """
    upgrade = (here.scheme, here.port, there.scheme, there.port) == ("http", None, "https", None)
    same = (here.scheme, here.port) == (there.scheme, there.port) or upgrade
    return same and here.host == there.host


def may_fetch(here: httpx.URL, there: httpx.URL) -> bool:
    """Whether a bare GET may go to another server: not without TLS where there was TLS."""
    return there.scheme == "https" or (here.scheme, there.scheme) == ("http", "http")
