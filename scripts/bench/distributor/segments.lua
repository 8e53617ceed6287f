-- For wrk: asks for the segments in turn and reports in a form that is easy to read.
local paths = { @PATHS@ }
local turn = 0

request = function()
  turn = turn % #paths + 1
  return wrk.format("GET", paths[turn])
end

done = function(summary)
  local e = summary.errors
  io.write(string.format('bench {"bytes":%d,"microseconds":%d,"errors":%d}\n', summary.bytes, summary.duration, e.connect + e.read + e.write + e.status + e.timeout))
end
