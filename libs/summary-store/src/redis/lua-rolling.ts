/**
 * Roll-ups, in Lua: what belongs to lua-1.ts and knows that a closed segment may be part of a wider one.
 * Keys below the unit's base, beside those of lua-1.ts:
 *   :roll:RES           zset  starts of windows with roll-ups (RES: 1m, 1h)
 *   :roll:RES:START     hash  subject -> revision (f64 be), '1' if final else '0', the rest of the head as the client framed it
 *   :rbody:RES:START    hash  subject -> bytes of that roll-up
 *   :due:RES            zset  starts of windows in which a roll-up is missing or does not hold all
 *   :due:RES:START      hash  subject -> stamp (the unit's field g, counted up): another after every change of what is below
 * A roll-up counts while its subject is not in :due. Final: what it was made of has been deleted, it never changes again.
 */
export const ROLLING_BASICS = String.raw`
local MS = {['10s'] = 10000, ['1m'] = 60000, ['1h'] = 3600000}
local ABOVE = {['10s'] = {'1m', '1h'}, ['1m'] = {'1h'}, ['1h'] = {}}
local BELOW = {['1m'] = '10s', ['1h'] = '1m'}
local CHUNK = 1000 -- unpack has room for about 8000

local function around(start, res) return int(tonumber(start) - tonumber(start) % MS[res]) end
local function roll(base, res, start) return base .. ':roll:' .. res .. ':' .. start end
local function rbody(base, res, start) return base .. ':rbody:' .. res .. ':' .. start end
local function due(base, res, start) return base .. ':due:' .. res .. ':' .. start end

local function is_final(head) return head and string.sub(head, 9, 9) == '1' end

-- Whether this window's contents are in a roll-up that never changes again.
local function finished(base, res, start, subject)
  for _, above in ipairs(ABOVE[res]) do
    if is_final(redis.call('HGET', roll(base, above, around(start, above)), subject)) then return true end
  end
  return false
end

-- A closed segment has changed: the roll-ups above do not hold all any more.
local function outdate(base, res, start, subject)
  if #ABOVE[res] == 0 then return end
  local stamp = redis.call('HINCRBY', base .. ':unit', 'g', 1)
  for _, above in ipairs(ABOVE[res]) do
    local wide = around(start, above)
    redis.call('HSET', due(base, above, wide), subject, stamp)
    redis.call('ZADD', base .. ':due:' .. above, wide, wide)
  end
end

local function undue(base, res, start, subject)
  local key = due(base, res, start)
  redis.call('HDEL', key, subject)
  if redis.call('EXISTS', key) == 0 then redis.call('ZREM', base .. ':due:' .. res, start) end
end

-- {field, value, ...} of those of a hash; who: nil = all
local function some_of(key, who)
  if not who then return redis.call('HGETALL', key) end
  local out = {}
  for i = 1, #who, CHUNK do
    local last = math.min(i + CHUNK - 1, #who)
    local values = redis.call('HMGET', key, unpack(who, i, last))
    for j = i, last do
      local value = values[j - i + 1]
      if value then
        out[#out + 1] = who[j]
        out[#out + 1] = value
      end
    end
  end
  return out
end

-- Data of the first schema has no marks: every window with closed segments gets them.
local function adopt(base)
  for _, res in ipairs({'10s', '1m'}) do
    for _, start in ipairs(redis.call('ZRANGE', base .. ':done:' .. res, 0, -1)) do
      for _, subject in ipairs(redis.call('HKEYS', done(base, res, start))) do outdate(base, res, start, subject) end
    end
  end
end
`;

const ROLLING = String.raw`
-- ARGV: res, last start, limit. Output: {start, {subject, head or '', ...}, ...}
local function rollable(KEYS, ARGV)
  local base, res, left, out = KEYS[1], ARGV[1], tonumber(ARGV[3]), {}
  for _, start in ipairs(redis.call('ZRANGEBYSCORE', base .. ':due:' .. res, '-inf', ARGV[2], 'LIMIT', 0, left)) do
    if left <= 0 then break end
    local found = {}
    for _, subject in ipairs(redis.call('HKEYS', due(base, res, start))) do
      if left <= 0 then break end
      left = left - 1
      found[#found + 1] = subject
      found[#found + 1] = redis.call('HGET', roll(base, res, start), subject) or ''
    end
    out[#out + 1] = start
    out[#out + 1] = found
  end
  return out
end

-- ARGV: res, start, subject. Output: {} not due or not ready | {stamp, head or nil, lease, {done|roll, start, head, bytes, ...}}
local function sources(KEYS, ARGV)
  local base, res, start, subject = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
  local stamp = redis.call('HGET', due(base, res, start), subject)
  if not stamp then return {} end
  local fine, found = BELOW[res], {}
  for at = tonumber(start), tonumber(start) + MS[res] - 1, MS[fine] do
    local t = int(at)
    if fine ~= '10s' and redis.call('HEXISTS', due(base, fine, t), subject) == 1 then return {} end
    local head = redis.call('HGET', done(base, fine, t), subject)
    if head then
      local n = #found
      found[n + 1], found[n + 2], found[n + 3], found[n + 4] = 'done', t, head, redis.call('HGET', body(base, fine, t), subject)
    end
    head = fine ~= '10s' and redis.call('HGET', roll(base, fine, t), subject)
    if head then
      local n = #found
      found[n + 1], found[n + 2], found[n + 3], found[n + 4] = 'roll', t, head, redis.call('HGET', rbody(base, fine, t), subject)
    end
  end
  return {stamp, redis.call('HGET', roll(base, res, start), subject), lease(), found}
end

-- ARGV: epoch, lease, res, start, subject, stamp, framed head ('' = nothing to roll up), bytes. Output: {OK} | {FENCED, epoch} | {STALE, revision}
local function roll_up(KEYS, ARGV)
  local base, res, start, subject = KEYS[1], ARGV[3], ARGV[4], ARGV[5]
  local u = redis.call('HMGET', base .. ':unit', 'e', 'l', 'm')
  local stored, mine = tonumber(u[1]) or 0, tonumber(ARGV[1])
  if stored > mine then return {FENCED, int(stored)} end
  local key, bodies = roll(base, res, start), rbody(base, res, start)
  local old = redis.call('HGET', key, subject)
  local revision = int(old and struct.unpack('>d', old) or 0)
  if stored < mine or ARGV[2] ~= lease() or in_doubt(u[2], u[3]) then return {STALE, revision} end
  local stamp = redis.call('HGET', due(base, res, start), subject)
  if not stamp and old == ARGV[7] and redis.call('HGET', bodies, subject) == ARGV[8] then return {OK} end
  if stamp ~= ARGV[6] then return {STALE, revision} end
  if ARGV[7] ~= '' then
    redis.call('HSET', key, subject, ARGV[7])
    redis.call('HSET', bodies, subject, ARGV[8])
    redis.call('ZADD', base .. ':roll:' .. res, start, start)
  elseif old and u[2] and not is_final(old) then
    return {OK} -- all below was undone (lua-shards.ts): it stays marked, so that what it held then does not count again
  end
  undue(base, res, start, subject)
  return {OK}
end

-- From now on no partial of this resolution begins before. ARGV: res, floor. Output: the floor that holds
local function raise(KEYS, ARGV)
  local unit, res, floor = KEYS[1] .. ':unit', ARGV[1], tonumber(ARGV[2])
  -- Finer windows go before coarser ones do: what is below must be finished first.
  if res == '1m' then
    local below = tonumber(redis.call('HGET', unit, 'F10s')) or 0
    floor = math.min(floor, below - below % MS['1h'])
  end
  local old = tonumber(redis.call('HGET', unit, 'F' .. res)) or 0
  if floor > old then redis.call('HSET', unit, 'F' .. res, int(floor)) end
  return int(math.max(floor, old))
end

-- Deletes partials up to a start, at most 20 windows (the caller goes on). ARGV: res, last start. Output: {how many, more 1|0}
local function drop_partials(KEYS, ARGV)
  return drop_windows(KEYS[1], ARGV[1], ARGV[2], 20)
end

-- Starts of the windows of the next coarser resolution that have closed segments of this one. ARGV: res, coarse, last start
local function wide_starts(KEYS, ARGV)
  local base, out, seen = KEYS[1], {}, {}
  for _, kind in ipairs({'done', 'roll'}) do
    for _, start in ipairs(redis.call('ZRANGEBYSCORE', base .. ':' .. kind .. ':' .. ARGV[1], '-inf', ARGV[3], 'LIMIT', 0, 5000)) do
      local wide = around(start, ARGV[2])
      if not seen[wide] then
        seen[wide] = true
        out[#out + 1] = wide
      end
    end
  end
  return out
end

-- Deletes the closed segments inside one wide window that are in its roll-up, which becomes final; with anyway = 1 the others too.
-- ARGV: res, coarse, wide start, anyway 0|1, subjects that have partials... Output: {segments, forced, subjects that wait}
local function seal(KEYS, ARGV)
  local base, fine, coarse, wide, anyway = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
  local busy = {}
  for i = 5, #ARGV do busy[ARGV[i]] = true end
  local pairs_of = {{'done', 'body'}}
  if fine ~= '10s' then pairs_of[2] = {'roll', 'rbody'} end
  local held, order = {}, {}
  for at = tonumber(wide), tonumber(wide) + MS[coarse] - 1, MS[fine] do
    for _, kinds in ipairs(pairs_of) do
      for _, subject in ipairs(redis.call('HKEYS', base .. ':' .. kinds[1] .. ':' .. fine .. ':' .. int(at))) do
        if not held[subject] then order[#order + 1] = subject end
        held[subject] = (held[subject] or 0) + 1
      end
    end
  end
  local key, waits = roll(base, coarse, wide), due(base, coarse, wide)
  local go, segments, forced, waiting = {}, 0, 0, 0
  for _, subject in ipairs(order) do
    local head = redis.call('HGET', key, subject)
    local inside = (head and redis.call('HEXISTS', waits, subject) == 0) or finished(base, fine, tonumber(wide), subject)
    if busy[subject] or (not inside and not anyway) then
      waiting = waiting + 1
    else
      if not inside then
        forced = forced + held[subject]
        undue(base, coarse, wide, subject)
      end
      if head and not is_final(head) then redis.call('HSET', key, subject, string.sub(head, 1, 8) .. '1' .. string.sub(head, 10)) end
      segments = segments + held[subject]
      go[#go + 1] = subject
    end
  end
  for at = tonumber(wide), tonumber(wide) + MS[coarse] - 1, MS[fine] do
    local t = int(at)
    for _, kinds in ipairs(pairs_of) do
      local heads = base .. ':' .. kinds[1] .. ':' .. fine .. ':' .. t
      for i = 1, #go, CHUNK do
        local last = math.min(i + CHUNK - 1, #go)
        redis.call('HDEL', heads, unpack(go, i, last))
        redis.call('HDEL', base .. ':' .. kinds[2] .. ':' .. fine .. ':' .. t, unpack(go, i, last))
      end
      if redis.call('EXISTS', heads) == 0 then redis.call('ZREM', base .. ':' .. kinds[1] .. ':' .. fine, t) end
    end
  end
  return {segments, forced, waiting}
end

-- Which closed segments answer a range, as few as can be. A subject with partials in a window (blocked) is not answered by its roll-up.
-- ARGV: from, to, coarsest, last try 0|1, how many subjects ('all' or n), subjects..., then per blocked window res, start, n, subjects...
-- Output: {} when partials were closed, rolled up and deleted since they were read: read again | {kind, res, start, {subject, head, ...}, ...}
local function cover(KEYS, ARGV)
  local base, from, to, coarsest, last_try = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4] == '1'
  local asked, at = nil, 6
  if ARGV[5] ~= 'all' then
    asked = {}
    for i = 1, tonumber(ARGV[5]) do asked[i] = ARGV[5 + i] end
    at = 6 + #asked
  end
  local blocked = {['1m'] = {}, ['1h'] = {}}
  while at <= #ARGV do
    local n, list = tonumber(ARGV[at + 2]), {}
    for i = 1, n do list[i] = ARGV[at + 2 + i] end
    blocked[ARGV[at]][ARGV[at + 1]] = list
    at = at + 3 + n
  end

  local out, again = {'ok'}, false
  local function add(kind, res, start, fields)
    if #fields == 0 then return end
    local n = #out
    out[n + 1], out[n + 2], out[n + 3], out[n + 4] = kind, res, start, fields
  end
  local function ten_seconds(a, b, who)
    for t = a, b - 1, MS['10s'] do add('done', '10s', int(t), some_of(done(base, '10s', int(t)), who)) end
  end

  -- Answers one whole wide window; returns the subjects that its roll-ups do not answer.
  local function wide_window(res, start, who)
    local t, rest, out_of = int(start), {}, {}
    local known = {}
    if who then for _, subject in ipairs(who) do known[subject] = true end end
    for _, subject in ipairs(blocked[res][t] or {}) do
      if not who or known[subject] then
        if is_final(redis.call('HGET', roll(base, res, t), subject)) then
          if not last_try then again = true end
        else
          out_of[subject] = true
          rest[#rest + 1] = subject
        end
      end
    end
    local waits = some_of(due(base, res, t), who)
    for i = 1, #waits, 2 do
      if not out_of[waits[i]] then
        out_of[waits[i]] = true
        rest[#rest + 1] = waits[i]
      end
    end
    local fields = some_of(roll(base, res, t), who)
    if #rest > 0 then
      local kept = {}
      for i = 1, #fields, 2 do
        if not out_of[fields[i]] then
          kept[#kept + 1] = fields[i]
          kept[#kept + 1] = fields[i + 1]
        end
      end
      fields = kept
    end
    add('roll', res, t, fields)
    add('done', res, t, some_of(done(base, res, t), who))
    return rest
  end

  local function minutes(a, b, who)
    while a < b do
      local next_minute = a - a % MS['1m'] + MS['1m']
      if a % MS['1m'] == 0 and next_minute <= b then
        local rest = wide_window('1m', a, who)
        if #rest > 0 then ten_seconds(a, next_minute, rest) end
      else
        ten_seconds(a, math.min(next_minute, b), who)
      end
      a = math.min(next_minute, b)
    end
  end

  if coarsest == '1m' then
    minutes(from, to, asked)
  else
    local a = from
    while a < to do
      local next_hour = a - a % MS['1h'] + MS['1h']
      if a % MS['1h'] == 0 and next_hour <= to then
        local rest = wide_window('1h', a, asked)
        if #rest > 0 then minutes(a, next_hour, rest) end
      else
        minutes(a, math.min(next_hour, to), asked)
      end
      a = math.min(next_hour, to)
    end
  end
  if again then return {} end
  return out
end
`;

/** Name -> flags, as in lua-1.ts. */
export const ROLLING_FUNCTIONS: Record<string, string> = {
  roll_up: '',
  raise: `'allow-oom'`, // a field of a number; without it nothing could be deleted
  drop_partials: `'allow-oom'`,
  seal: `'allow-oom'`,
  rollable: `'no-writes'`,
  sources: `'no-writes'`,
  wide_starts: `'no-writes'`,
  cover: `'no-writes'`,
};
export { ROLLING };
