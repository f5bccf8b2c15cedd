"""Proxies from the environment: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.request import getproxies

__all__ = ["environment_proxies", "proxy_mounts"]


def environment_proxies() -> dict[str, str | None]:
    """What the environment (on Windows and macOS, the system too) says, as httpx's mounts."""
    return proxy_mounts(getproxies())


def proxy_mounts(settings: Mapping[str, str]) -> dict[str, str | None]:
    """httpx's patterns of URLs to the proxy for them, or to None for none.

    `settings` are those of `urllib.request.getproxies`: scheme, `all` or `no`, to a text.
    """
    exceptions = [name.strip() for name in settings.get("no", "").split(",") if name.strip()]
    if "*" in exceptions:
        return {}
    mounts: dict[str, str | None] = {}
    for scheme in ("http", "https", "all"):
        if proxy := settings.get(scheme):
            mounts[f"{scheme}://"] = proxy if "://" in proxy else f"http://{proxy}"
    return mounts | {_pattern(name): None for name in exceptions} if mounts else {}


def _pattern(name: str) -> str:
    """The URLs that one entry of `NO_PROXY` speaks of."""
    if "://" in name:
        return name
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        # `example.com` stands for its subdomains too, `.example.com` for them alone.
        return f"all://{name}" if name.lower() == "localhost" else f"all://*{name}"
    return f"all://[{name}]" if address.version == 6 else f"all://{name}"
