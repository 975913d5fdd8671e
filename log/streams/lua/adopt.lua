#!lua flags=allow-oom
-- Adopt: a process comes to a log, for the first time or again, and hears whether it is the one it knows.
-- ARGV: 1 run of this server, 2 epoch, 3 place and 4 head of what was applied last, 5 end of a new epoch's name,
-- 6 process, 7 k applied last, 8 limits, 9 lease in ms, 10 the name it had before. Of one that begins, 2 and 7 are empty.
local log, meta, procs, live = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local run, place, process, limits, lease = ARGV[1], ARGV[3], ARGV[6], ARGV[8], tonumber(ARGV[9])
local time = redis.call('TIME')
local at = time[1] * 1000 + math.floor(time[2] / 1000)
local was = redis.call('HMGET', meta, 'epoch', 'run', 'lineage', 'seq', 'limits')
local epoch, lineage, seq = was[1], was[3] or '', was[4] or '0'

local function note(kind, ...)
    local head = cjson.encode({ process, 0, kind, ... })
    redis.call('XADD', log, '0-*', 's', '', 'h', head, 't', '', 'a', string.format('%.0f', at))
end

local function named() -- after its birth, and later than all that is remembered: a clock may be set back
    local ms, text, digits = at, '', '0123456789abcdefghijklmnopqrstuvwxyz'
    for _, old in ipairs({ epoch or '', ARGV[2] }) do
        ms = math.max(ms, (tonumber(string.sub(old, 1, -4), 36) or 0) + 1)
    end
    while ms > 0 do
        local digit = ms % 36
        text, ms = string.sub(digits, digit + 1, digit + 1) .. text, (ms - digit) / 36
    end
    return text .. ARGV[5]
end

local function begin(from) -- another life: what was acked in the one before may be missing in it, or is
    epoch = named()
    redis.call('HSET', meta, 'epoch', epoch, 'run', run, 'lineage', lineage, 'seq', seq, 'limits', limits,
        'beat', string.format('%.0f', at))
    note('e', epoch, from, tonumber(seq))
end

if not epoch or redis.call('EXISTS', log) == 0 then
    for _, snap in ipairs(redis.call('HMGET', meta, 'snap', 'before')) do
        if snap then
            redis.call('DEL', string.sub(log, 1, -4) .. 'snap:' .. snap)
        end
    end
    redis.call('DEL', log, meta, procs, live)
    lineage, seq = '', '0'
    begin('')
elseif limits ~= was[5] then
    return redis.error_reply('LIMITS the others have ' .. was[5])
elseif run ~= was[2] then
    local from = epoch
    lineage = (lineage == '' and '' or lineage .. ' ') .. from .. ':' .. seq
    if select(2, string.gsub(lineage, ' ', '')) >= 64 then
        lineage = string.gsub(lineage, '^%S+ ', '')
    end
    begin(from)
    -- None of them could beat; those that do not come again are gone when this is over.
    for _, one in ipairs(redis.call('HKEYS', procs)) do
        redis.call('ZADD', live, at + lease, one)
    end
end

if redis.call('HDEL', procs, ARGV[10]) == 1 then -- else it was declared gone, or never known here
    redis.call('ZREM', live, ARGV[10])
    note('x', ARGV[10], process)
end
local k = redis.call('HGET', procs, process)
if ARGV[7] == '' then
    redis.call('HSET', procs, process, 0)
elseif not k then
    -- Under this name it may have appended, and its claims may be settled. What it has not seen land would land twice.
    return redis.error_reply('DOWN this process was declared gone')
end
redis.call('ZADD', live, at + lease, process)

local here = redis.call('XRANGE', log, '0-' .. place, '0-' .. place)[1]
local holds = place == '0' or (here and here[2][4] == ARGV[4])
return { epoch, lineage, holds and 1 or 0 }
