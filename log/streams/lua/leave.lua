#!lua flags=allow-oom
-- Leave: this process ends, and another goes on for it. Answers which; nothing: there is none, and all is as it was.
-- ARGV: epoch, process. Where nobody is left, its lease runs out, and whoever comes next is its heir.
for _, heir in ipairs(redis.call('ZRANGE', live, '+inf', '(' .. now(), 'BYSCORE', 'REV')) do
    if heir ~= process then
        declare_gone(process, heir)
        return heir
    end
end
return false
