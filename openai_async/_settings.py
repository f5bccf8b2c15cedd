"""A client's settings, to be read under their names."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import httpx

from ._config import ApiKey, ClientOptions, Config, Secret

__all__ = ["Settings"]


class Settings(ABC):
    """What a client was made with. It doesn't change: `with_options` gives a client with others."""

    @property
    @abstractmethod
    def config(self) -> Config:
        """The settings, checked and frozen."""

    @property
    def api_key(self) -> ApiKey:
        """The key itself, or the callable that gives it. No repr shows it; keep it so."""
        key = self.config.api_key
        return key.reveal() if isinstance(key, Secret) else key

    @property
    def base_url(self) -> str:
        """Where the API is, without a slash at its end."""
        return self.config.base_url

    @property
    def organization(self) -> str | None:
        """What calls are told to belong to; None leaves it to the key."""
        return self.config.organization

    @property
    def project(self) -> str | None:
        """What calls are told to belong to; None leaves it to the key."""
        return self.config.project

    @property
    def webhook_secret(self) -> str | None:
        """What webhooks are verified with. No repr shows it."""
        secret = self.config.webhook_secret
        return None if secret is None else secret.reveal()

    @property
    def timeout(self) -> httpx.Timeout:
        """The bounds on each wait of an attempt."""
        return self.config.timeout

    @property
    def max_retries(self) -> int:
        """How often a call may be sent again."""
        return self.config.max_retries

    if not TYPE_CHECKING:  # which would take it for a permission to set any name

        def __setattr__(self, name: str, value: Any) -> None:
            # Else the calls would go on with what was there before, without a word.
            if name in ClientOptions.__annotations__:
                told = f"{name} can't be set: with_options({name}=...) gives a client that has it"
                raise AttributeError(told)
            super().__setattr__(name, value)
