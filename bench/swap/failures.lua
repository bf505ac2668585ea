-- Prints each answer that is no success, with the time.
function response(status, _, body)
  if status >= 300 then
    io.stdout:write(string.format("%s %d %s\n", os.date("!%H:%M:%S"), status, body))
    io.stdout:flush()
  end
end
