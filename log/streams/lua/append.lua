-- Append: items of one process, in its order, each once. Answers the last k that is in the log, and the tip.
-- ARGV: epoch, process, k of the first item, then for each whether it takes a seq, head, tail. Without items: the tip.
local first, count = tonumber(ARGV[3]), (#ARGV - 3) / 3

-- One that was refused (Redis was full) would be passed over for ever if what follows it came first.
if count > 0 and first > last + 1 then
    return redis.error_reply('HOLE what comes before it is not in the log')
end
-- What is sent again after a broken connection may have arrived, and may arrive yet: k says which it is.
local known = math.max(0, last + 1 - first)
if known >= count then
    return { last, tip() }
end

local seq, at, id = tonumber(redis.call('HGET', meta, 'seq')), now(), nil
for i = 4 + 3 * known, #ARGV, 3 do
    local s = ''
    if ARGV[i] == '1' then
        seq = seq + 1
        s = string.format('%.0f', seq)
    end
    -- The stream counts for itself, so a place has one item and no place has none. A full Redis refuses the first write
    -- of a script or none: what is refused is refused whole.
    id = redis.call('XADD', log, 'NOMKSTREAM', '0-*', 's', s, 'h', ARGV[i + 1], 't', ARGV[i + 2], 'a', at)
end
last = first + count - 1
redis.call('HSET', procs, process, last)
redis.call('HSET', meta, 'seq', string.format('%.0f', seq))
return { last, tonumber(string.sub(id, 3)) }
