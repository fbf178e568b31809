import { ROLLING, ROLLING_BASICS, ROLLING_FUNCTIONS } from './lua-rolling.ts';
import { SHARDS, SHARD_FUNCTIONS } from './lua-shards.ts';

/**
 * The functions of the summary store, in Lua. Every one takes one key: KEYS[1], the unit's base (keys.ts), and touches
 * only keys that begin with it, so they share its hash tag. ARGV and output stand above each.
 *
 * Keys below the base, built here and nowhere else:
 *   :unit               hash  e epoch, i incarnation, o next offset (absent: null), a agents, w watermark, s silent, t at, q commit number,
 *                             g stamps given out, F10s F1m F1h floors, v schema of what lies below; l m x: lua-shards.ts
 *   :part:RES           zset  starts of windows with partials
 *   :part:RES:START     hash  'o'..subject -> revision (f64 be), bytes            the open partial
 *                             'f'..subject -> (revision f64 be, length u32 be, bytes)*  the frozen ones
 *   :done:RES           zset  starts of windows with closed segments
 *   :done:RES:START     hash  subject -> revision (f64 be), the rest of the head as the client framed it
 *   :body:RES:START     hash  subject -> bytes of that closed segment; apart from the heads, so that a head is read without them
 *   :taken              list  RES \\n START \\n subject, since the last commit
 *
 * Answers that refuse are {code, detail}; codes are named in store.ts (ANSWER).
 * A function runs wholly or not at all: Redis refuses it before its first line when memory is short (but for those with allow-oom).
 */
const PRELUDE = String.raw`
local RESOLUTIONS = {'10s', '1m', '1h'}
local OK, FENCED, STALE, TAKEN = 0, -1, -2, -3

local function int(n) return string.format('%.0f', n) end
local function part(base, res, start) return base .. ':part:' .. res .. ':' .. start end
local function done(base, res, start) return base .. ':done:' .. res .. ':' .. start end
local function body(base, res, start) return base .. ':body:' .. res .. ':' .. start end

-- This life of this server: another after a restart, a failover, or when another data set was loaded.
local life
local function lease()
  if not life then
    local t = redis.call('TIME')
    life = t[1] .. '.' .. t[2]
  end
  return life
end

-- {revision, bytes, revision, bytes, ...} of the frozen partials framed in one field, above a revision
local function frames(packed, above)
  local out, at = {}, 1
  while packed and at <= #packed do
    local revision, size = struct.unpack('>dI4', packed, at)
    if revision > (above or 0) then
      out[#out + 1] = int(revision)
      out[#out + 1] = string.sub(packed, at + 12, at + 11 + size)
    end
    at = at + 12 + size
  end
  return out
end

-- Drops the frozen partials of a key up to a revision; answers how many.
local function drop(base, res, start, subject, held)
  local key, field = part(base, res, start), 'f' .. subject
  local packed = redis.call('HGET', key, field)
  if not packed then return 0 end
  local keep, gone, at = {}, 0, 1
  while at <= #packed do
    local revision, size = struct.unpack('>dI4', packed, at)
    if revision <= held then gone = gone + 1 else keep[#keep + 1] = string.sub(packed, at, at + 11 + size) end
    at = at + 12 + size
  end
  if gone == 0 then return 0 end
  if #keep > 0 then
    redis.call('HSET', key, field, table.concat(keep))
  else
    redis.call('HDEL', key, field)
    if redis.call('EXISTS', key) == 0 then redis.call('ZREM', base .. ':part:' .. res, start) end
  end
  return gone
end
`;

const FOLDING = String.raw`
-- Takes the unit over. ARGV: incarnation, Cluster 1|0. Output: {epoch, offset or nil, agents or nil, watermark, {res, start, subject, bytes, ...}, floors,
-- gaps, mended 1|0}
local function claim(KEYS, ARGV)
  local base, incarnation = KEYS[1], ARGV[1]
  local unit = base .. ':unit'
  if redis.call('HGET', unit, 'v') ~= '2' then
    adopt(base)
    redis.call('HSET', unit, 'v', '2')
  end
  local gaps_of, is_mended = '', 1
  if ARGV[2] == '1' then gaps_of, is_mended = awake(unit) end
  local u = redis.call('HMGET', unit, 'e', 'i')
  local t = redis.call('TIME')
  local now = t[1] * 1000 + math.floor(t[2] / 1000)
  local epoch = math.max((tonumber(u[1]) or 0) + 1, now)
  redis.call('HSET', unit, 'e', int(epoch))
  if u[2] ~= incarnation then
    redis.call('HDEL', unit, 'o')
    redis.call('HSET', unit, 'i', incarnation, 'w', '0', 's', '[]')
  end
  redis.call('DEL', base .. ':taken')
  local open = {}
  for _, res in ipairs(RESOLUTIONS) do
    for _, start in ipairs(redis.call('ZRANGE', base .. ':part:' .. res, 0, -1)) do
      local all = redis.call('HGETALL', part(base, res, start))
      for i = 1, #all, 2 do
        if string.sub(all[i], 1, 1) == 'o' then
          local n = #open
          open[n + 1], open[n + 2], open[n + 3], open[n + 4] = res, start, string.sub(all[i], 2), string.sub(all[i + 1], 9)
        end
      end
    end
  end
  local now_u = redis.call('HMGET', unit, 'o', 'a', 'w', 'F10s', 'F1m', 'F1h')
  return {int(epoch), now_u[1], now_u[2], now_u[3], open, {now_u[4] or '0', now_u[5] or '0', now_u[6] or '0'}, gaps_of, is_mended}
end

-- One step of the fold. ARGV: epoch, expected offset ('' = null), next offset, agents, watermark, silent, at, then per window
-- res, start, n and n times ('o'..subject, fresh 1|0, bytes). Output: {OK, {taken}} | {FENCED, epoch} | {STALE, offset or nil} | {TAKEN, {keys}}
local function commit(KEYS, ARGV)
  local base = KEYS[1]
  local unit = base .. ':unit'
  local u = redis.call('HMGET', unit, 'e', 'o', 'q', 'F10s', 'F1m', 'F1h', 'l', 'm')
  local floors = {['10s'] = tonumber(u[4]) or 0, ['1m'] = tonumber(u[5]) or 0, ['1h'] = tonumber(u[6]) or 0}
  local stored, mine = tonumber(u[1]) or 0, tonumber(ARGV[1])
  if stored > mine then return {FENCED, u[1]} end
  local offset = u[2] or ''
  if stored < mine or in_doubt(u[7], u[8]) then return {STALE, u[2]} end
  if offset ~= ARGV[2] then
    if offset == ARGV[3] then return {OK, {}} end
    return {STALE, u[2]}
  end

  local refused, at = {}, 8
  while at <= #ARGV do
    local res, start, n = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
    local key, finished_window = part(base, res, start), tonumber(start) < floors[res]
    for i = at + 3, at + 2 + n * 3, 3 do
      if finished_window or (redis.call('HEXISTS', key, ARGV[i]) == 1) == (ARGV[i + 1] == '1') then
        refused[#refused + 1] = res .. '\n' .. start .. '\n' .. string.sub(ARGV[i], 2)
      end
    end
    at = at + 3 + n * 3
  end
  if #refused > 0 then return {TAKEN, refused} end

  local number = next_number(u[7], tonumber(u[3]) or 0)
  local revision = struct.pack('>d', number)
  at = 8
  while at <= #ARGV do
    local res, start, n = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
    local key = part(base, res, start)
    local pairs_, count = {}, 0
    for i = at + 3, at + 2 + n * 3, 3 do
      pairs_[count + 1], pairs_[count + 2] = ARGV[i], revision .. ARGV[i + 2]
      count = count + 2
      if count == 2000 then -- unpack has room for about 8000
        redis.call('HSET', key, unpack(pairs_, 1, count))
        count = 0
      end
    end
    if count > 0 then redis.call('HSET', key, unpack(pairs_, 1, count)) end
    redis.call('ZADD', base .. ':part:' .. res, start, start)
    at = at + 3 + n * 3
  end
  redis.call('HSET', unit, 'o', ARGV[3], 'a', ARGV[4], 'w', ARGV[5], 's', ARGV[6], 't', ARGV[7], 'q', int(number))
  local taken = redis.call('LRANGE', base .. ':taken', 0, -1)
  if #taken > 0 then redis.call('DEL', base .. ':taken') end
  return {OK, taken}
end
`;

const CLOSING = String.raw`
-- Output: {head or nil, bytes or nil, lease}. ARGV: res, start, subject
local function peek(KEYS, ARGV)
  local base, res, start, subject = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
  return {redis.call('HGET', done(base, res, start), subject), redis.call('HGET', body(base, res, start), subject), lease()}
end

-- Freezes the open partial of a key, if any. ARGV: res, start, subject, revision up to which the closer holds them already.
-- Output: {revision, bytes, ...} of the other frozen ones; nil: the unit waits for its claim, nothing of it can be closed before
local function freeze(KEYS, ARGV)
  local base, res, start, subject = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
  local key, unit = part(base, res, start), base .. ':unit'
  local u = redis.call('HMGET', unit, 'l', 'm', 'q')
  if in_doubt(u[1], u[2]) then return false end
  local both = redis.call('HMGET', key, 'o' .. subject, 'f' .. subject)
  local packed = both[2] or ''
  if both[1] then
    local revision = string.sub(both[1], 1, 8)
    if u[1] then -- the number of the freeze: what a closer holds then tells whether this freeze is still known
      local number = next_number(u[1], tonumber(u[3]) or 0)
      redis.call('HSET', unit, 'q', int(number))
      revision = struct.pack('>d', number)
    end
    packed = packed .. revision .. struct.pack('>I4', #both[1] - 8) .. string.sub(both[1], 9)
    redis.call('HSET', key, 'f' .. subject, packed)
    redis.call('HDEL', key, 'o' .. subject)
    redis.call('RPUSH', base .. ':taken', res .. '\n' .. start .. '\n' .. subject)
  end
  return frames(packed, tonumber(ARGV[4]))
end

-- Stores a closed segment in the closer's unit and drops that unit's partials that it holds. ARGV: epoch, lease, res, start, subject,
-- expected revision, framed head, bytes, own partition's entry in holds (0: none), in a Cluster partition and number of each entry in holds.
-- Output: {OK} | {FENCED, epoch} | {STALE, revision}
local function close(KEYS, ARGV)
  local base, res, start, subject = KEYS[1], ARGV[3], ARGV[4], ARGV[5]
  local u = redis.call('HMGET', base .. ':unit', 'e', 'l', 'm')
  local stored, mine = tonumber(u[1]) or 0, tonumber(ARGV[1])
  if stored > mine then return {FENCED, int(stored)} end
  local key = done(base, res, start)
  local old = redis.call('HGET', key, subject)
  local revision = old and struct.unpack('>d', old) or 0
  if stored < mine or ARGV[2] ~= lease() or in_doubt(u[2], u[3]) then return {STALE, int(revision)} end
  if revision ~= tonumber(ARGV[6]) then
    if old == ARGV[7] and redis.call('HGET', body(base, res, start), subject) == ARGV[8] then return {OK} end
    return {STALE, int(revision)}
  end
  -- A second closer that took the same partials and was overtaken: they are in a roll-up, what they were closed into is gone.
  if finished(base, res, start, subject) then return {STALE, int(revision)} end
  if res == '1h' and tonumber(start) < (tonumber(redis.call('HGET', base .. ':unit', 'F1h')) or 0) then return {STALE, int(revision)} end
  for i = 10, #ARGV, 2 do
    if in_gap(redis.call('HGET', base .. ':void', ARGV[i]), tonumber(ARGV[i + 1])) then return {STALE, int(revision)} end
  end
  if u[2] then keep_base(base, res, start, subject, old, redis.call('HGET', body(base, res, start), subject)) end
  outdate(base, res, start, subject)
  redis.call('HSET', key, subject, ARGV[7])
  redis.call('HSET', body(base, res, start), subject, ARGV[8])
  redis.call('ZADD', base .. ':done:' .. res, start, start)
  if not u[2] then drop(base, res, start, subject, tonumber(ARGV[9])) end
  return {OK}
end

-- ARGV: res, start, subject, revision. Output: how many frozen partials went
local function drop_held(KEYS, ARGV)
  return drop(KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]))
end

-- Deletes partials up to a start, at most so many windows; {how many, more 1|0}
local function drop_windows(base, res, last, most)
  local count = 0
  local starts = redis.call('ZRANGEBYSCORE', base .. ':part:' .. res, '-inf', last, 'LIMIT', 0, most)
  for _, start in ipairs(starts) do
    local key = part(base, res, start)
    for _, field in ipairs(redis.call('HKEYS', key)) do
      if string.sub(field, 1, 1) == 'o' then
        count = count + 1
        redis.call('RPUSH', base .. ':taken', res .. '\n' .. start .. '\n' .. string.sub(field, 2))
      else
        count = count + #frames(redis.call('HGET', key, field)) / 2
      end
    end
    redis.call('UNLINK', key)
    redis.call('ZREM', base .. ':part:' .. res, start)
  end
  return {count, #starts == most and 1 or 0}
end

-- Deletes windows up to a start, at most 20 of each kind (the caller goes on). ARGV: res, last start. Output: {how many segments, more 1|0}
local function prune(KEYS, ARGV)
  local base, res, last, most = KEYS[1], ARGV[1], ARGV[2], 20
  local answer = drop_windows(base, res, last, most)
  for _, kind in ipairs({'done', 'roll', 'due', 'base'}) do
    local ended = redis.call('ZRANGEBYSCORE', base .. ':' .. kind .. ':' .. res, '-inf', last, 'LIMIT', 0, most)
    for _, start in ipairs(ended) do
      local key = base .. ':' .. kind .. ':' .. res .. ':' .. start
      if kind ~= 'due' and kind ~= 'base' then answer[1] = answer[1] + redis.call('HLEN', key) end
      redis.call('UNLINK', key)
      if kind == 'done' then redis.call('UNLINK', body(base, res, start)) end
      if kind == 'roll' then redis.call('UNLINK', rbody(base, res, start)) end
      redis.call('ZREM', base .. ':' .. kind .. ':' .. res, start)
    end
    if #ended == most then answer[2] = 1 end
  end
  return answer
end
`;

const READING = String.raw`
-- {start, {field, value, ...}, ...} of windows in a zset; fields: nil = all, else those given under each prefix
local function windows(index, from, to, subjects, prefixes)
  local out = {}
  for _, start in ipairs(redis.call('ZRANGEBYSCORE', index, from, to)) do
    local key, found = index .. ':' .. start, {}
    if subjects then
      for _, prefix in ipairs(prefixes) do
        for _, subject in ipairs(subjects) do
          local value = redis.call('HGET', key, prefix .. subject)
          if value then
            found[#found + 1] = prefix .. subject
            found[#found + 1] = value
          end
        end
      end
    else
      found = redis.call('HGETALL', key)
    end
    if #found > 0 then
      out[#out + 1] = start
      out[#out + 1] = found
    end
  end
  return out
end

-- ARGV: kind (part|done: heads), res, from, to (zset range), 'all' | 'some', subjects... Output: as windows()
local function read(KEYS, ARGV)
  local subjects
  if ARGV[5] == 'some' then
    subjects = {}
    for i = 6, #ARGV do subjects[i - 5] = ARGV[i] end
  end
  return windows(KEYS[1] .. ':' .. ARGV[1] .. ':' .. ARGV[2], ARGV[3], ARGV[4], subjects, ARGV[1] == 'part' and {'o', 'f'} or {''})
end

-- Keys with partials and the highest revision of each; no bytes. ARGV: res, last start. Output: {start, {subject, revision, ...}, ...}
local function waiting(KEYS, ARGV)
  local out = windows(KEYS[1] .. ':part:' .. ARGV[1], '-inf', ARGV[2])
  for w = 2, #out, 2 do
    local short = {}
    for i = 1, #out[w], 2 do
      local field, value = out[w][i], out[w][i + 1]
      local revision
      if string.sub(field, 1, 1) == 'o' then
        revision = int(struct.unpack('>d', value))
      else
        local all = frames(value)
        revision = all[#all - 1]
      end
      short[#short + 1] = string.sub(field, 2)
      short[#short + 1] = revision
    end
    out[w] = short
  end
  return out
end

-- Heads of the closed segments of windows. ARGV: res, starts... Output: {start, {subject, framed head, ...}, ...}
local function heads(KEYS, ARGV)
  local out = {}
  for i = 2, #ARGV do
    out[#out + 1] = ARGV[i]
    out[#out + 1] = redis.call('HGETALL', done(KEYS[1], ARGV[1], ARGV[i]))
  end
  return out
end

-- Closed segments, those that are there. ARGV: kind (done|roll), res, then per window start, n and n subjects.
-- Output: {start, {subject, framed head, bytes, ...}, ...}
local function fetch(KEYS, ARGV)
  local base, res, out, at = KEYS[1], ARGV[2], {}, 3
  local heads_of, bodies_of = done, body
  if ARGV[1] == 'roll' then heads_of, bodies_of = roll, rbody end
  while at <= #ARGV do
    local start, n, found, count = ARGV[at], tonumber(ARGV[at + 1]), {}, 0
    local head_key, body_key = heads_of(base, res, start), bodies_of(base, res, start)
    for i = at + 2, at + 1 + n do
      local head = redis.call('HGET', head_key, ARGV[i])
      if head then
        found[count + 1], found[count + 2], found[count + 3] = ARGV[i], head, redis.call('HGET', body_key, ARGV[i])
        count = count + 3
      end
    end
    out[#out + 1] = start
    out[#out + 1] = found
    at = at + 2 + n
  end
  return out
end

-- Output: {epoch, offset or nil, watermark, silent, at} or {} for a unit that was never claimed
local function status(KEYS)
  local u = redis.call('HMGET', KEYS[1] .. ':unit', 'e', 'o', 'w', 's', 't')
  if not u[1] then return {} end
  return u
end
`;

const REGISTER = [
  ...Object.entries({ ...ROLLING_FUNCTIONS, ...SHARD_FUNCTIONS }).map(([name, flags]) => ({ name, flags })),
  ...['claim', 'commit', 'freeze', 'close', 'peek'].map((name) => ({ name, flags: '' })),
  ...['drop_held', 'prune'].map((name) => ({ name, flags: `'allow-oom'` })), // they give room back
  ...['read', 'waiting', 'heads', 'fetch', 'status'].map((name) => ({ name, flags: `'no-writes'` })),
]
  .map(({ name, flags }) => `redis.register_function{function_name='${name}', callback=${name}, flags={${flags}}}`)
  .join('\n');

export const LIBRARY = { name: 'headwater_summary', code: [PRELUDE, ROLLING_BASICS, SHARDS, FOLDING, CLOSING, READING, ROLLING, REGISTER].join('\n') };
