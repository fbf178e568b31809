/**
 * What lets the shards of a Redis Cluster roll back each for itself (README.md, "Shards that roll back alone"), in Lua.
 * Of a single Redis nothing of this is there: the unit has no field l. Keys below the unit's base, beside those of lua-1.ts:
 *   :unit               hash  l life of the server in which its numbers go on, m life in which its claim mended what a roll-back broke,
 *                             x gaps: 'from:to,...' numbers above from and up to to may have been given in a time that is lost
 *   :void               hash  partition -> its gaps: what was taken under such a number is not to be closed any more
 *   :base:RES           zset  starts of windows with closes that can still be undone
 *   :base:RES:START     hash  subject -> ms of the last close (f64 be), length of the head (u32 be), head, bytes: what was closed before; no head: nothing was
 * Numbers of commits and freezes are the server's clock in microseconds, or one more than the last.
 */
export const SHARDS = String.raw`
-- Another server's clock may be behind that of the one it follows by so much.
local SKEW = 10000000
local MOST_GAPS = 16

local function micros()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end

local function base_key(base, res, start) return base .. ':base:' .. res .. ':' .. start end

-- Whether a unit waits for the claim that mends it; false where nothing can roll back alone.
local function in_doubt(life_of, mended)
  return (life_of or false) and mended ~= lease()
end

local function next_number(life_of, last)
  if life_of then return math.max(last + 1, micros()) end
  return last + 1
end

-- A claim in a new life of the server: numbers begin anew above all that may have been given before.
local function awake(unit)
  local u = redis.call('HMGET', unit, 'l', 'q', 'x', 'm')
  if u[1] ~= lease() then
    local from = tonumber(u[2]) or 0
    local to = math.max(from, micros() + SKEW)
    local gaps = {int(from) .. ':' .. int(to)}
    for gap in string.gmatch(u[3] or '', '[^,]+') do
      if #gaps < MOST_GAPS then gaps[#gaps + 1] = gap end
    end
    u[3] = table.concat(gaps, ',')
    redis.call('HSET', unit, 'l', lease(), 'q', int(to), 'x', u[3])
  end
  return u[3] or '', u[4] == lease() and 1 or 0
end

local function in_gap(gaps, number)
  for from, to in string.gmatch(gaps or '', '(%d+):(%d+)') do
    if number > tonumber(from) and number <= tonumber(to) then return true end
  end
  return false
end

local function unpack_base(value)
  local at, size = struct.unpack('>dI4', value)
  return at, string.sub(value, 13, 12 + size), string.sub(value, 13 + size)
end

-- Before a close: what was closed until now is kept, until nothing more was closed for a while (settle).
local function keep_base(base, res, start, subject, head, bytes)
  local key = base_key(base, res, start)
  local kept, now = redis.call('HGET', key, subject), struct.pack('>d', micros() / 1000)
  head = head or ''
  local rest = kept and string.sub(kept, 9) or (struct.pack('>I4', #head) .. head .. (bytes or ''))
  redis.call('HSET', key, subject, now .. rest)
  redis.call('ZADD', base .. ':base:' .. res, start, start)
end

local function forget(kind, base, res, start, subject)
  local key = base .. ':' .. kind .. ':' .. res .. ':' .. start
  redis.call('HDEL', key, subject)
  if redis.call('EXISTS', key) == 0 then redis.call('ZREM', base .. ':' .. kind .. ':' .. res, start) end
end

-- Whether the closed segment with this head holds something of a partition that was taken in a lost time.
local function holds_lost(head, partition, gaps)
  if not head or head == '' then return false end
  return in_gap(gaps, tonumber(cjson.decode(string.sub(head, 9)).holds[partition]) or 0)
end

-- Undoes every close that can be undone and holds what a partition gave in a lost time, and lets none be made of it any more.
-- ARGV: partition, its gaps. Output: how many were undone
local function void(KEYS, ARGV)
  local base, partition, gaps, undone = KEYS[1], ARGV[1], ARGV[2], 0
  redis.call('HSET', base .. ':void', partition, gaps)
  for _, res in ipairs(RESOLUTIONS) do
    for _, start in ipairs(redis.call('ZRANGE', base .. ':base:' .. res, 0, -1)) do
      local all = redis.call('HGETALL', base_key(base, res, start))
      for i = 1, #all, 2 do
        local subject = all[i]
        local _, head, bytes = unpack_base(all[i + 1])
        if holds_lost(redis.call('HGET', done(base, res, start), subject), partition, gaps) and not holds_lost(head, partition, gaps) then
          if head == '' then
            redis.call('HDEL', body(base, res, start), subject)
            forget('done', base, res, start, subject)
          else
            redis.call('HSET', done(base, res, start), subject, head)
            redis.call('HSET', body(base, res, start), subject, bytes)
          end
          outdate(base, res, start, subject)
          forget('base', base, res, start, subject)
          undone = undone + 1
        end
      end
    end
  end
  return undone
end

-- ARGV: epoch. The claim of this life has mended all there was to mend: commits may come. Output: 1 | 0 another life, or another owner
local function mended(KEYS, ARGV)
  local unit = KEYS[1] .. ':unit'
  local u = redis.call('HMGET', unit, 'l', 'e')
  if u[1] ~= lease() or u[2] ~= ARGV[1] then return 0 end
  redis.call('HSET', unit, 'm', lease())
  return 1
end

-- ARGV: none. Output: the unit's gaps
local function gaps(KEYS)
  return redis.call('HGET', KEYS[1] .. ':unit', 'x') or ''
end

-- Closes that are older than so many ms cannot be undone from now on. ARGV: res, ms. Output: those that can: {start, {subject, head of before, ...}, ...}
local function settle(KEYS, ARGV)
  local base, res, out = KEYS[1], ARGV[1], {}
  local last = micros() / 1000 - tonumber(ARGV[2])
  for _, start in ipairs(redis.call('ZRANGE', base .. ':base:' .. res, 0, -1)) do
    local all, left = redis.call('HGETALL', base_key(base, res, start)), {}
    for i = 1, #all, 2 do
      local at, head = unpack_base(all[i + 1])
      if at <= last then
        forget('base', base, res, start, all[i])
      else
        left[#left + 1] = all[i]
        left[#left + 1] = head
      end
    end
    if #left > 0 then
      out[#out + 1] = start
      out[#out + 1] = left
    end
  end
  return out
end

-- Replaces the head of a closed segment unless it has changed meanwhile. ARGV: res, start, subject, old head, new head. Output: 1 | 0
local function rehead(KEYS, ARGV)
  local base, key = KEYS[1], done(KEYS[1], ARGV[1], ARGV[2])
  if redis.call('HGET', key, ARGV[3]) ~= ARGV[4] then return 0 end
  redis.call('HSET', key, ARGV[3], ARGV[5])
  outdate(base, ARGV[1], ARGV[2], ARGV[3])
  return 1
end
`;

/** Name -> flags, as in lua-1.ts. */
export const SHARD_FUNCTIONS: Record<string, string> = { void: '', mended: '', rehead: '', settle: `'allow-oom'`, gaps: `'no-writes'` };
