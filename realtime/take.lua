-- One call decides for many requests. KEYS: the buckets of all of them, one request after another.
-- ARGV: for each request "at_once interval at_once interval …", a pair for each of its buckets, in microseconds.
-- Answers two numbers a request: how long it must wait (0: let in, and counted), and which of its buckets says so.
local function take(keys, args)
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  local answers, first = {}, 0
  for _, paces in ipairs(args) do
    local wait, refused, until_whole = 0, 0, {}
    for at_once, interval in string.gmatch(paces, '(%d+) (%d+)') do
      local nth = #until_whole + 1
      local whole = tonumber(redis.call('GET', keys[first + nth]) or now)
      if whole < now then whole = now end
      whole = whole + interval
      if whole - now - at_once * interval > wait then
        wait, refused = whole - now - at_once * interval, nth
      end
      until_whole[nth] = whole
    end
    if wait == 0 then
      for nth, whole in ipairs(until_whole) do
        -- Written out: Lua would shorten a number of sixteen digits.
        redis.call('SET', keys[first + nth], string.format('%.0f', whole), 'PX', math.ceil((whole - now) / 1000))
      end
    end
    first = first + #until_whole
    answers[#answers + 1] = wait
    answers[#answers + 1] = refused
  end
  return answers
end
