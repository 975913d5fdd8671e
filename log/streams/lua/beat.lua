#!lua flags=allow-oom
-- Beat: this process is alive, and whose lease has run out is gone. Answers the tip, whether it keeps snapshots, and how
-- many processes there are.
-- ARGV: epoch, process, lease in ms. A full Redis takes it: else the first beat when there is room would end all others.
local lease, at = tonumber(ARGV[3]), tonumber(now())
local before = tonumber(redis.call('HGET', meta, 'beat'))
redis.call('HSET', meta, 'beat', string.format('%.0f', at))

-- A pause in which nobody at all could beat (Redis was stopped, full or away), or a clock that was set, is no sign of
-- anybody's death.
if at < before or at - before > lease / 2 then
    for _, one in ipairs(redis.call('ZRANGE', live, 0, -1)) do
        redis.call('ZADD', live, at + lease, one)
    end
end
redis.call('ZADD', live, at + lease, process)
for _, gone in ipairs(redis.call('ZRANGE', live, '-inf', at, 'BYSCORE')) do
    declare_gone(gone, process)
end

local keeper = redis.call('HGET', meta, 'keeper')
if not keeper or not redis.call('ZSCORE', live, keeper) then
    keeper = process
    redis.call('HSET', meta, 'keeper', keeper)
end
return { tip(), keeper == process and 1 or 0, redis.call('ZCARD', live) }
