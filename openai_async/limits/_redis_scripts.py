"""What `RedisStore` does inside Redis: each script is one step that nobody sees half done.

For each lane there are five keys:

- `log`: a sorted set of what was given in the longest window. A member is `id:tokens`, its score the
  time, in microseconds by Redis's own clock, so that no process's clock matters.
- `held`: the members that are not settled yet, by the time at which their lease ends.
- `state`: a hash: `tokens` is the sum over the log; `due:WINDOW` when the next request is due.
- `claims`: a hash of the processes that were told to wait, `since:tokens:until` each. They are
  served in the order of their coming: what those ahead ask for is set aside.
- `pause`: there while a cool-down runs.

A log, and not a bucket or counters, since what one reservation took must be able to go back, at
the end of its lease or when it is settled.
"""

from __future__ import annotations

__all__ = ["GIVE_BACK", "PAUSE", "RESERVE", "SETTLE"]

RESERVE = """
local log, held, state, claims, pause = unpack(KEYS)
local member, owner, cost = ARGV[1], ARGV[2], tonumber(ARGV[3])
local lease, span, most = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local burst, slack = tonumber(ARGV[7]), tonumber(ARGV[8])
local look_again, grace = tonumber(ARGV[9]), tonumber(ARGV[10])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

-- It was given before, and the answer got lost.
local given = redis.call('ZSCORE', log, member)
if given then return {1, tonumber(given)} end

local paused = redis.call('PTTL', pause)
if paused > 0 then return {0, paused * 1000} end

-- What has left the window, and what nobody settled within its lease.
local total = tonumber(redis.call('HGET', state, 'tokens') or 0)
for _, old in ipairs(redis.call('ZRANGEBYSCORE', log, '-inf', now - span)) do
  total = total - string.match(old, '%d+$')
end
redis.call('ZREMRANGEBYSCORE', log, '-inf', now - span)
local lapsed = 0
for _, old in ipairs(redis.call('ZRANGEBYSCORE', held, '-inf', now)) do
  if redis.call('ZREM', log, old) == 1 then
    total, lapsed = total - string.match(old, '%d+$'), lapsed + 1
  end
end
redis.call('ZREMRANGEBYSCORE', held, '-inf', now)
total = math.max(0, total)

-- Who has waited for longer.
local ahead, tokens_ahead, mine = 0, 0, now
local flat = redis.call('HGETALL', claims)
local others = {}
for i = 1, #flat, 2 do
  local since, tokens, ends = string.match(flat[i + 1], '(%d+):(%d+):(%d+)')
  if flat[i] == owner then mine = tonumber(since)
  elseif tonumber(ends) < now then redis.call('HDEL', claims, flat[i])
  else others[#others + 1] = {tonumber(since), tonumber(tokens), flat[i]} end
end
for _, other in ipairs(others) do
  if other[1] < mine or (other[1] == mine and other[3] < owner) then
    ahead, tokens_ahead = ahead + 1, tokens_ahead + other[2]
  end
end

-- Requests: never more than the limit in any window; past a part of it, evenly spaced as well, so
-- that a delay on the way to the server doesn't push two bursts into one of its windows.
local wait, dues = 0, {}
for i = 11, #ARGV, 2 do
  local limit, window = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  local every, field = window / limit, 'due:' .. ARGV[i + 1]
  local count = redis.call('ZCOUNT', log, string.format('(%.0f', now - window), '+inf')
  local due = tonumber(redis.call('HGET', state, field) or 0) - lapsed * every
  due = math.max(due, now - slack * window)
  if count + ahead >= limit then
    local rank = -math.max(1, limit - ahead)
    local blocking = redis.call('ZRANGE', log, rank, rank, 'WITHSCORES')[2]
    local leaves = blocking and blocking + window - now or 0
    wait = math.max(wait, leaves > 0 and leaves or every)
    due = math.max(due, now + leaves - ahead * every) -- that wait is not to be caught up
  end
  due = math.min(due, now + window)
  if count + ahead >= math.max(1, limit * burst) then
    wait = math.max(wait, due + ahead * every - now)
  end
  dues[#dues + 1] = {field, due, due + every}
end

-- Tokens: they come back when calls are settled, too, which nobody can foresee.
if most > 0 and total + tokens_ahead + cost > most then
  local missing, free_at = total + tokens_ahead + cost - most, nil
  local oldest = redis.call('ZRANGE', log, 0, 199, 'WITHSCORES')
  for i = 1, #oldest, 2 do
    missing, free_at = missing - string.match(oldest[i], '%d+$'), oldest[i + 1] + span
    if missing <= 0 then break end
  end
  wait = math.max(wait, 1, math.min(look_again, free_at and free_at - now or look_again))
end

for _, due in ipairs(dues) do
  redis.call('HSET', state, due[1], string.format('%.0f', wait > 0 and due[2] or due[3]))
end
if wait > 0 then
  local lapse = redis.call('ZRANGE', held, 0, 0, 'WITHSCORES')[2]
  wait = math.min(wait, lapse and lapse - now or wait) -- its holder may be dead
  local ends = now + wait + grace
  redis.call('HSET', state, 'tokens', string.format('%.0f', total))
  redis.call('HSET', claims, owner, string.format('%.0f:%.0f:%.0f', mine, cost, ends))
else
  redis.call('ZADD', log, now, member)
  if lease > 0 then redis.call('ZADD', held, now + lease, member) end
  redis.call('HDEL', claims, owner)
  redis.call('HSET', state, 'tokens', string.format('%.0f', total + cost))
end
for _, key in ipairs({log, held, state, claims}) do
  redis.call('PEXPIRE', key, string.format('%.0f', span / 1000 + 1000))
end
if wait > 0 then return {0, math.ceil(wait)} end
return {1, now}
"""
"""Keys: log, held, state, claims, pause. Arguments: member, owner, tokens, lease (0: as long as the
window), span, tokens in a span (0: any number), burst, slack, look_again, grace, and a limit and a
window for each rule. Times in microseconds.

Answers `{1, when}`, or `{0, wait}`.
"""

SETTLE = """
local log, held, state = unpack(KEYS)
local before, after = ARGV[1], ARGV[2]
local at, span = tonumber(ARGV[3]), tonumber(ARGV[4])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

redis.call('ZREM', held, before)
local more = tonumber(string.match(after, '%d+$'))
if redis.call('ZREM', log, before) == 1 then
  more = more - string.match(before, '%d+$')
elseif at <= now - span or redis.call('ZSCORE', log, after) then
  return 0 -- it has left the window, or this is the second time
end
redis.call('ZADD', log, ARGV[3], after)
redis.call('HINCRBY', state, 'tokens', string.format('%.0f', more))
for _, key in ipairs({log, state}) do
  redis.call('PEXPIRE', key, string.format('%.0f', span / 1000 + 1000))
end
return 1
"""
"""Keys: log, held, state. Arguments: the member, the same with the tokens used, when it was given,
span. What came back at the end of its lease counts again.
"""

GIVE_BACK = """
local log, held, state, claims = unpack(KEYS)
redis.call('ZREM', held, ARGV[1])
redis.call('HDEL', claims, ARGV[2])
if redis.call('ZREM', log, ARGV[1]) == 1 then
  redis.call('HINCRBY', state, 'tokens', 0 - string.match(ARGV[1], '%d+$'))
end
return 1
"""
"""Keys: log, held, state, claims. Arguments: the member of a request that was never sent, owner."""

PAUSE = """
if tonumber(ARGV[1]) > redis.call('PTTL', KEYS[1]) then
  redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
end
return 1
"""
"""Key: pause. Argument: milliseconds. One that ends later stays."""
