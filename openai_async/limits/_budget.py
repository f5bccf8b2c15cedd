"""A cap on what is spent."""

from __future__ import annotations

import math
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import httpx

from ..errors import BudgetExceededError, ConfigurationError
from ._tokens import Usage, answer_tokens, prompt_tokens, usage_in, usage_of

if TYPE_CHECKING:
    from .._middleware import Next
    from .._request import Request

__all__ = ["Budget", "Price"]

MILLION = 1e6
TAIL = 16 * 1024
"""Bytes at a stream's end in which its usage stands, where it tells one."""


class Price(NamedTuple):
    """US dollars for a million tokens."""

    prompt: float
    answer: float = 0.0
    cached: float | None = None
    """For tokens of a prompt that the server has seen before. Default: as for others."""

    def of(self, usage: Usage) -> float:
        """What that costs, in US dollars."""
        cached = self.prompt if self.cached is None else self.cached
        new = usage.prompt - usage.cached
        return (new * self.prompt + usage.cached * cached + usage.answer * self.answer) / MILLION


class Budget:
    """Middleware that sends nothing more when so much has been spent.

    - `tokens`: how many may be used in all.
    - `usd`: how many US dollars may be spent in all, by `prices`: of each model, or of all whose
      names begin so; the longest name that fits counts.

    Calls on their way count as estimated, and when their answer has come, as it tells. A call is
    sent as long as that is below the cap, however much it may use itself: so the cap is passed, if at
    all, by no more than that last call, and what those on their way are estimated too low, such as
    for answers of which no `max_tokens` says how long they may be. Of a stream that tells no usage
    (`stream_options={"include_usage": True}` asks for it), the estimate stands. Failed calls cost
    nothing. A budget that is passed to several clients is common to them.
    """

    def __init__(
        self,
        *,
        tokens: float | None = None,
        usd: float | None = None,
        prices: Mapping[str, Price | tuple[float, float]] | None = None,
    ) -> None:
        for name, value in (("tokens", tokens), ("usd", usd)):
            if value is not None and not (value >= 0 and math.isfinite(value)):
                raise ConfigurationError(f"{name} must be a number of at least 0, not {value!r}")
        if tokens is None and usd is None:
            raise ConfigurationError("a budget needs tokens=... or usd=...")
        if usd is not None and not prices:
            raise ConfigurationError("a budget in usd needs prices={model: Price(...)}")
        self._caps = tokens, usd
        self._prices = {name: _read_price(price) for name, price in (prices or {}).items()}
        self.tokens: float = 0.0
        """Tokens that have been used."""
        self.usd: float = 0.0
        """US dollars that have been spent."""
        self._held = (0.0, 0.0)  # by calls on their way

    async def __call__(self, request: Request, call_next: Next) -> httpx.Response:
        price = self._price(request.model)
        guess = _guess(request)
        held = float(guess.total), price.of(guess)
        self._check()
        self.hold(*held)
        try:
            response = await call_next(request)
        except BaseException:
            self.hold(-held[0], -held[1])
            raise
        if request.stream and response.is_success and not hasattr(response, "_content"):
            bill = _Bill(self, price, guess, held)
            coding = response.headers.get("content-encoding", "")
            response.stream = _Watched(response.stream, bill, coding)  # type: ignore[arg-type]  # pyright: ignore
            return response
        self.hold(-held[0], -held[1])
        if response.is_success:
            self.spend(usage_of(response) or guess, price)
        return response

    def spend(self, usage: Usage, price: Price) -> None:
        """Count what a call has used."""
        self.tokens += usage.total
        self.usd += price.of(usage)

    def hold(self, tokens: float, usd: float) -> None:
        """Count what calls on their way are estimated at; less than 0 when they are over."""
        self._held = self._held[0] + tokens, self._held[1] + usd

    def _check(self) -> None:
        spent = self.tokens, self.usd
        for cap, used, held, unit in zip(
            self._caps, spent, self._held, ("tokens", "US dollars"), strict=True
        ):
            if cap is not None and used + held >= cap:
                on_their_way = f", and {held:,.6g} are for calls on their way" if held > 0 else ""
                raise BudgetExceededError(
                    f"the budget of {cap:,.6g} {unit} is used up:"
                    f" {used:,.6g} are spent{on_their_way}"
                )

    def _price(self, model: str | None) -> Price:
        if self._caps[1] is None and not self._prices:
            return Price(0.0)
        fitting = [name for name in self._prices if (model or "").startswith(name)]
        if fitting:
            return self._prices[max(fitting, key=len)]
        if self._caps[1] is None or model is None:
            return Price(0.0)
        raise ConfigurationError(f"the budget has no price for {model!r}: it could not be kept")

    def __repr__(self) -> str:
        return f"<Budget {self.tokens:,.6g} tokens, {self.usd:,.6g} US dollars spent>"


def _read_price(given: Price | tuple[float, float]) -> Price:
    return given if isinstance(given, Price) else Price(*given)


def _guess(request: Request) -> Usage:
    """What a call is taken for before its answer tells."""
    prompt, answer = round(prompt_tokens(request.json)), round(answer_tokens(request.json))
    return Usage(prompt + answer, prompt=prompt, answer=answer, cached=0)


class _Bill:
    """What is to be paid for a stream when it ends, in whichever way; once."""

    def __init__(
        self, budget: Budget, price: Price, guess: Usage, held: tuple[float, float]
    ) -> None:
        self._budget: Budget | None = budget
        self._price = price
        self._guess = guess
        self._held = held

    def settle(self, tail: bytes) -> None:
        budget, self._budget = self._budget, None
        if budget is not None:
            budget.hold(-self._held[0], -self._held[1])
            budget.spend(usage_in(tail) or self._guess, self._price)


class _Watched(httpx.AsyncByteStream):
    """A stream's body, of which the end is remembered."""

    def __init__(self, stream: httpx.AsyncByteStream, bill: _Bill, coding: str) -> None:
        self._stream = stream
        self._bill = bill
        self._tail = b""
        self._read = _reader(coding)
        self._iterator = aiter(stream)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await anext(self._iterator)
        except StopAsyncIteration:
            self._bill.settle(self._tail)
            raise
        self._tail = (self._tail + self._read(piece))[-TAIL:]
        return piece

    async def aclose(self) -> None:
        self._bill.settle(self._tail)
        await self._stream.aclose()


def _reader(coding: str) -> Callable[[bytes], bytes]:
    """What makes text of a body's pieces. Where it can't, it is no text that tells a usage."""
    if coding.strip().lower() not in {"gzip", "x-gzip", "deflate"}:
        return bytes
    inflate = zlib.decompressobj(32 + zlib.MAX_WBITS)  # either of them, as the head says

    def read(piece: bytes) -> bytes:
        try:
            return inflate.decompress(piece)
        except zlib.error:
            return b""

    return read
