-- One call decides for many requests. KEYS: the buckets of all of them, one request after another.
-- ARGV: for each request "at_once interval at_once interval …", a pair for each of its buckets, in microseconds.
-- Answers two numbers a request: how long it must wait (0: let in, and counted), and which of its buckets says so.
local function take(keys, args)
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  local answers, first = {}, 0
  for _, written in ipairs(args) do
    local at_once, interval = {}, {}
    for burst, between in string.gmatch(written, '(%d+) (%d+)') do
      at_once[#at_once + 1], interval[#interval + 1] = tonumber(burst), tonumber(between)
    end
    local whole = redis.call('MGET', unpack(keys, first + 1, first + #at_once))
    local wait, refused = 0, 0
    for nth = 1, #at_once do
      whole[nth] = math.max(tonumber(whole[nth] or now), now) + interval[nth]
      local over = whole[nth] - now - at_once[nth] * interval[nth]
      if over > wait then wait, refused = over, nth end
    end
    if wait == 0 then
      for nth = 1, #at_once do
        -- Written out: Lua would shorten a number of sixteen digits.
        local text = string.format('%.0f', whole[nth])
        redis.call('SET', keys[first + nth], text, 'PX', math.ceil((whole[nth] - now) / 1000))
      end
    end
    first = first + #at_once
    answers[#answers + 1] = wait
    answers[#answers + 1] = refused
  end
  return answers
end
