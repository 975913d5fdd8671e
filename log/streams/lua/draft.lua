#!lua flags=allow-oom
-- Draft: one more chunk of the keeper's snapshot, which counts when trim finds that all are there.
-- ARGV: epoch, process, how many came before it, chunk. A full Redis takes it: only what follows of it makes room.
local draft = string.sub(log, 1, -4) .. 'draft:' .. process

if redis.call('HGET', meta, 'keeper') ~= process then
    return redis.error_reply('KEEPER another process keeps the snapshots')
end
if ARGV[3] == '0' then
    redis.call('DEL', draft)
elseif redis.call('LLEN', draft) ~= tonumber(ARGV[3]) then -- an old connection brought one, or the last is long ago
    return redis.error_reply('SNAP the draft is not as it was left')
end
redis.call('RPUSH', draft, ARGV[4])
redis.call('EXPIRE', draft, 60) -- whoever writes it sends the next sooner, or is gone
return 1
