#!lua flags=allow-oom
-- Trim: the keeper's snapshot at a place is whole, so what the one before it has in it may go. Answers how many went.
-- ARGV: epoch, process, place, how many chunks it has. Two snapshots stay, so that whoever reads the last but one still
-- finds what follows it.
local place, name = ARGV[3], string.sub(log, 1, -4)
local snap, draft = name .. 'snap:', name .. 'draft:' .. process
local kept = redis.call('HMGET', meta, 'keeper', 'snap', 'before')

if kept[1] ~= process then
    return redis.error_reply('KEEPER another process keeps the snapshots')
end
local last = tonumber(kept[2] or nil)
if last and tonumber(place) <= last then
    redis.call('DEL', draft)
    return 0 -- said again
end
if redis.call('LLEN', draft) ~= tonumber(ARGV[4]) then
    return redis.error_reply('SNAP the draft is not whole')
end
redis.call('RENAME', draft, snap .. place)
redis.call('PERSIST', snap .. place)
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
