# Walks the events of a binary log, of MySQL or MariaDB, and finds where a restore has to end.
# usage: od -An -v -tu1 -w4096 LOG | awk -v size=BYTES [-v until=SECONDS | -v stop=POSITION] -f binlog.awk
# prints "POSITION whole" or "POSITION stopped": the end of the last complete transaction that was
# committed before the second `until` (or that ends at `stop` or before it), and whether a later one was
# left out; 4, where events begin, if the log has no such transaction, and 0 if it is no binary log. With -v list=1 it prints statements that are no transaction instead: tables made, changed,
# dropped. What a copy that was cut off holds of its last transaction is never counted.
#
# An event begins with: time (4 bytes), type (1), server (4), length (4), end position (4), flags (2).
function number(first, count,  i, n) { n = 0; for (i = count - 1; i >= 0; i--) n = n * 256 + byte[first + i]; return n }
function finish(position) { if (!list) print position, (stopped ? "stopped" : "whole"); done = 1; exit }
function text(  i, t, first) {
  # thread (4), seconds (4), length of the schema's name (1), error (2), length of variables (2)
  first = 19 + 13 + number(30, 2) + byte[27] + 1
  t = ""
  for (i = first; i < length_of_event - 4 && i < first + 2000; i++) t = t sprintf("%c", byte[i])
  return t
}
# The whole transaction was seen.
function complete() {
  if ((until != "" && time >= until) || (stop != "" && begin + length_of_event > stop)) { stopped = 1; finish(good) }
  good = begin + length_of_event
  in_group = 0
}
function event(  t) {
  if (type == 33 || type == 34 || type == 42) { in_group = 1; needs_commit = 0; first_query = 1; group = begin }
  else if (type == 162) { in_group = 1; needs_commit = !(byte[31] % 2); first_query = 0; group = begin }
  else if (type == 16 || type == 38 || type == 40) complete()
  else if (type == 2) {
    t = text()
    if (first_query && t == "BEGIN") needs_commit = 1
    else if (!needs_commit || t == "COMMIT" || t == "ROLLBACK") {
      if (list && t != "COMMIT" && t != "ROLLBACK") {
        gsub(/[\t\r\n]+/, " ", t)
        printf "%d\t%d\t%s\n", time, group, substr(t, 1, 300)
      }
      complete()
    }
    first_query = 0
  }
}
# The next byte of the event; sets `want` to the position of the byte to read after it.
function take(value) {
  byte[want - begin] = value
  want++
  if (want - begin < 19) return
  if (want - begin == 19) {
    time = number(0, 4); type = byte[4]; length_of_event = number(9, 4)
    if (length_of_event < 19 || begin + length_of_event > size) finish(good)
    if (type == 2 || type == 162) return
    want = begin + length_of_event
  }
  # Of MariaDB's beginning of a transaction the flags are of interest.
  if (type == 162 && want - begin == 32) want = begin + length_of_event
  if (want == begin + length_of_event) { event(); begin = want }
}
BEGIN { begin = want = good = 4 }
NR == 1 && !($1 == 254 && $2 == 98 && $3 == 105 && $4 == 110) { finish(0) }
{
  start = (NR - 1) * 4096
  while (want < start + NF) take($(want - start + 1))
}
END { if (!done) finish(good) }
