#!lua flags=allow-oom
-- Trim: the keeper's snapshot at a place is whole, so what the one before it has in it may go. Answers how many went.
-- ARGV: epoch, process, place. Two snapshots stay, so that whoever reads the last but one still finds what follows it.
local place = ARGV[3]
local snap, kept = string.sub(log, 1, -4) .. 'snap:', redis.call('HMGET', meta, 'keeper', 'snap', 'before')

if kept[1] ~= process then
    return redis.error_reply('KEEPER another process keeps the snapshots')
end
if redis.call('EXISTS', snap .. place) == 0 then
    return redis.error_reply('SNAP there is no such snapshot')
end
local last = tonumber(kept[2] or nil)
if last and tonumber(place) <= last then
    return 0 -- said again
end
redis.call('HSET', meta, 'snap', place)
if not last then
    return 0
end
redis.call('HSET', meta, 'before', kept[2])
if kept[3] then
    redis.call('DEL', snap .. kept[3])
end
-- The item of that very place stays: whoever has applied it, and nothing since, sees that this is its log.
return redis.call('XTRIM', log, 'MINID', '=', '0-' .. kept[2])
