-- The fence: what every script but adopt begins with. Whoever writes knows this life of the log, and is one of its own.
local log, meta, procs, live = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local epoch, process = ARGV[1], ARGV[2]

-- Ahead of this process may be a log it has never read: a promoted replica's, or one begun after FLUSHALL.
if redis.call('HGET', meta, 'epoch') ~= epoch then
    return redis.error_reply('EPOCH the log has begun anew')
end
if redis.call('EXISTS', log) == 0 then
    return redis.error_reply('LOST there is no log')
end
-- Its claims are settled and its clients another's: what it says now would be said twice.
local last = tonumber(redis.call('HGET', procs, process) or nil)
if not last then
    return redis.error_reply('DOWN this process was declared gone')
end

local function now() -- ms since 1970, by the one clock there is: of all processes, and of no two of them
    local time = redis.call('TIME')
    return string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
end

local function tip() -- the place of the last item; there always is one, for trim leaves it
    return tonumber(string.sub(redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1][1], 3))
end

local function declare_gone(gone, heir) -- whoever takes it off the list is the one who says so
    redis.call('HDEL', procs, gone)
    if redis.call('ZREM', live, gone) == 1 then
        local head = cjson.encode({ process, 0, 'x', gone, heir })
        redis.call('XADD', log, 'NOMKSTREAM', '0-*', 's', '', 'h', head, 't', '', 'a', now())
    end
end

