/**
 * The functions of the state store, in Lua. Every one takes one key: KEYS[1], the base, and touches only keys that begin
 * with it. All state of one prefix has one hash tag (it is small), so a listing is one atomic step, in a Cluster too.
 *
 *   :e:KEY   hash  v value, n version; expires with its time to live
 *   :keys    zset  every key, score 0: the order for list
 *   :ends    zset  keys with a time to live by its end (ms): what to sweep from :keys
 *
 * Versions are the server's clock in microseconds, or one more than the one before: not used again after expiry.
 */
const PRELUDE = String.raw`
local SWEEP = 20
local function int(n) return string.format('%.0f', n) end
local function entry(base, key) return base .. ':e:' .. key end

local function micros()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end

-- Forgets names whose entry has expired.
local function sweep(base, now)
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', base .. ':ends', '-inf', int(math.floor(now / 1000)), 'LIMIT', 0, SWEEP)) do
    redis.call('ZREM', base .. ':ends', key)
    if redis.call('EXISTS', entry(base, key)) == 0 then redis.call('ZREM', base .. ':keys', key) end
  end
end

-- ttl: '' = stays, 'keep' = as it was, else ms
local function put(base, key, value, ttl)
  local at, now = entry(base, key), micros()
  sweep(base, now)
  local version = math.max((tonumber(redis.call('HGET', at, 'n')) or 0) + 1, now)
  redis.call('HSET', at, 'v', value, 'n', int(version))
  redis.call('ZADD', base .. ':keys', 0, key)
  if ttl == 'keep' then return end
  if ttl == '' then
    redis.call('PERSIST', at)
    redis.call('ZREM', base .. ':ends', key)
  else
    redis.call('PEXPIRE', at, ttl)
    redis.call('ZADD', base .. ':ends', int(math.floor(now / 1000) + tonumber(ttl)), key)
  end
end
`;

const OPERATIONS = String.raw`
-- ARGV: key. Output: {value, version}, items nil if absent
local function get(KEYS, ARGV)
  return redis.call('HMGET', entry(KEYS[1], ARGV[1]), 'v', 'n')
end

-- ARGV: key, value, ttl. Output: 1
local function set(KEYS, ARGV)
  put(KEYS[1], ARGV[1], ARGV[2], ARGV[3])
  return 1
end

-- ARGV: key, expected version ('' = absent), value, ttl. Output: 1 written | 0 not
local function cas(KEYS, ARGV)
  if (redis.call('HGET', entry(KEYS[1], ARGV[1]), 'n') or '') ~= ARGV[2] then return 0 end
  put(KEYS[1], ARGV[1], ARGV[3], ARGV[4])
  return 1
end

-- ARGV: key. Output: 1 | 0
local function delete(KEYS, ARGV)
  local base, key = KEYS[1], ARGV[1]
  redis.call('ZREM', base .. ':keys', key)
  redis.call('ZREM', base .. ':ends', key)
  return redis.call('DEL', entry(base, key))
end

-- ARGV: key, by, ttl of a new one. Output: the sum as text, or nil: no integer there, or the sum is not safe (2^53 - 1)
local function add(KEYS, ARGV)
  local base, key = KEYS[1], ARGV[1]
  local old = redis.call('HGET', entry(base, key), 'v')
  if old and not string.match(old, '^%-?%d+$') then return false end
  local sum = tonumber(old or '0') + tonumber(ARGV[2])
  if math.abs(sum) > 9007199254740991 then return false end
  put(base, key, int(sum), old and 'keep' or ARGV[3])
  return int(sum)
end

-- ARGV: prefix ('' = all). Output: {key, value, version, ...} of live entries, by key bytes
local function list(KEYS, ARGV)
  local base, prefix, out = KEYS[1], ARGV[1], {}
  for _, key in ipairs(redis.call('ZRANGEBYLEX', base .. ':keys', prefix == '' and '-' or '[' .. prefix, prefix == '' and '+' or '(' .. prefix .. '\255')) do
    local e = redis.call('HMGET', entry(base, key), 'v', 'n')
    if e[1] then
      local n = #out
      out[n + 1], out[n + 2], out[n + 3] = key, e[1], e[2]
    end
  end
  return out
end
`;

const REGISTER = [
  ...['set', 'cas', 'add'].map((name) => ({ name, flags: '' })),
  { name: 'delete', flags: `'allow-oom'` }, // it gives room back
  ...['get', 'list'].map((name) => ({ name, flags: `'no-writes'` })),
]
  .map(({ name, flags }) => `redis.register_function{function_name='${name}', callback=${name}, flags={${flags}}}`)
  .join('\n');

export const LIBRARY = { name: 'headwater_state', code: [PRELUDE, OPERATIONS, REGISTER].join('\n') };
