# Splits what mysqldump or mariadb-dump prints into a file for each table, so that several are loaded at
# once. The file `started` says that the dump sees its snapshot.
# usage: awk -v folder=F -v started=S -f split.awk
# What gzip could not write, on a full disk, is no backup.
function end_file() {
  if (pipe != "" && close(pipe) != 0) failed = 1
  pipe = ""
}
function open(name) {
  end_file()
  pipe = "gzip -1 > '" folder "/" name "'"
  print "SET NAMES utf8mb4, time_zone = '+00:00', foreign_key_checks = 0, unique_checks = 0;" | pipe
  print "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';" | pipe
  if (schema != "") print "USE `" schema "`;" | pipe
}
function quoted(line) { sub(/^[^`]*`/, "", line); sub(/`[^`]*$/, "", line); return line }
substr($0, 1, 3) == "-- " {
  if (index($0, "-- Current Database: ") == 1) {
    if (!seen++) { print "" > started; close(started) }
    schema = quoted($0)
    gsub(/``/, "`", schema)
    end_file()
    next
  }
  if (index($0, "-- Table structure for table ") == 1) open("tables/" schema "." quoted($0) ".sql.gz")
  # Views stand on tables of any schema, so they and what else is stored come last.
  else if ($0 ~ /^-- (Temporary (table|view) structure|Final view structure|Dumping (routines|events))/)
    open(sprintf("later/%06d.sql.gz", ++later))
  next
}
index($0, "CREATE DATABASE ") == 1 { schemas = folder "/schemas.sql"; print > schemas; next }
# The end of the dump puts back settings that its beginning kept, which is not in these files.
/^\/\*![0-9]+ SET [A-Z_]+ ?= ?@OLD_/ { next }
pipe != "" { print | pipe }
END {
  end_file()
  if (schemas == "" || close(schemas) != 0) failed = 1
  if (!seen) print "" > started
  exit failed
}
