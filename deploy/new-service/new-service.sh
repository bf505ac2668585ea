#!/usr/bin/env bash
# Makes a service: a crate with a table, its contract, two routes, tests, an image and a page of documentation; two
# lines by hand elsewhere, and what `make catalog` writes. Nothing is written when something is not as expected.
# usage: make new-service n=polls [one=poll] [p=7001]      or new-service.sh NAME [ONE [PORT]]
#   n    what the service is called, as in /polls
#   one  what one of its things is called; without it, the name without its last s
#   p    the port; without it, the next free one from 7001
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() { printf '%s\n' "$@" >&2; exit 1; }

name=${1:-}
[ -n "$name" ] || fail "A service needs a name: make new-service n=polls"
[[ $name =~ ^[a-z][a-z0-9]{1,19}$ ]] || fail "$name: a name has 2 to 20 characters, a to z and 0 to 9, a letter first."
one=${2:-${name%s}}
[[ $one =~ ^[a-z][a-z0-9]{1,19}$ ]] || fail "one=$one: 2 to 20 characters, a to z and 0 to 9, a letter first."

# Words that Rust keeps for itself, files that every service has, and words that SQL keeps for itself.
rust="abstract as async await become box break const continue crate do dyn else enum extern false final fn for \
gen if impl in let loop macro match mod move mut override priv pub ref return self static struct super trait true \
try type typeof union unsafe unsized use virtual where while yield"
files="config error lib main personal_data routes store"
sql="all and columns count databases delete desc dual fields filter from functions groups index indexes int keys \
lateral lead lines locks long option order over procedure rank read release rows schema schemas select set show \
stored system table tables terminated to triggers update usage user values window with write"
is_in() { [[ " $2 " == *" $1 "* ]]; }
for word in "$name" "$one"; do
  ! is_in "$word" "$rust" || fail "$word is a word of Rust; choose another with n= or one=."
  ! is_in "$word" "$files" || fail "$word is a file of every service; choose another with n= or one=."
done
! is_in "$name" "$sql" || fail "$name is a word of SQL, and the table is called so; choose another."

[ ! -e "services/$name" ] || fail "services/$name is there already."
for taken in "migrations/$name" "docs/services/$name.md"; do [ ! -e "$taken" ] || fail "$taken is there already."; done
! grep -qE "^name = \"grove-$name(-api)?\"" ./*/Cargo.toml ./*/*/Cargo.toml ./*/*/*/Cargo.toml || fail "A crate grove-$name is there already."
! grep -qE "^  $name:" compose.yaml deploy/compose.*.yaml || fail "compose.yaml has a service or network $name already."

# Some services have been planned: what the gateway has to know of them is there already.
planned=deploy/new-service/planned/$name.toml
[ -e "$planned" ] || planned=
ports() { grep -hE '^port = ' services/*/service.toml deploy/new-service/planned/*.toml | grep -oE '[0-9]+'; }
others="5000 5010 6970 8000 8010" # the website, the simulated machine, the gateway
is_used() { { ports; tr ' ' '\n' <<<"$others"; } | grep -qx "$1"; }
if [ -n "$planned" ]; then
  port=$(grep -oE '^port = [0-9]+' "$planned" | grep -oE '[0-9]+')
  [ -z "${3:-}" ] || [ "$3" = "$port" ] || fail "p=$3: the port of $name is $port, says $planned."
elif [ -n "${3:-}" ]; then
  port=$3
  [[ $port =~ ^[0-9]{4,5}$ ]] && [ "$port" -ge 1024 ] && [ "$port" -le 65535 ] || fail "p=$port: a port is a number from 1024 to 65535."
  ! is_used "$port" || fail "The port $port is another's."
else
  port=7001
  while is_used "$port"; do port=$((port + 1)); done
fi

# Everything is made in this folder first, and copied when all of it is there.
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

capital() { printf '%s%s' "$(printf '%s' "${1:0:1}" | tr '[:lower:]' '[:upper:]')" "${1:1}"; }

fill() { # fill TEMPLATE FILE: copies a template, with the names in their places.
  mkdir -p "$stage/$(dirname "$2")"
  sed -e "s/{{name}}/$name/g" -e "s/{{Name}}/$(capital "$name")/g" -e "s/{{one}}/$one/g" \
    -e "s/{{One}}/$(capital "$one")/g" -e "s/{{port}}/$port/g" "deploy/new-service/template/$1" >"$stage/$2"
}

insert_sorted() { # insert_sorted FILE PATTERN LINE: among the lines that match, in the order of the alphabet.
  mkdir -p "$stage/$(dirname "$1")"
  awk -v line="$3" "
    /$2/ { seen = 1; if (!done && \$0 > line) { print line; done = 1 } }
    !/$2/ && seen && !done { print line; done = 1 }
    { print }" "$1" >"$stage/$1"
  ! cmp -s "$1" "$stage/$1" || fail "$1 is not as expected; look at deploy/new-service/new-service.sh."
}

# The crate, its contract, its table and its page.
fill Cargo.toml "services/$name/Cargo.toml"
for file in lib main config error personal_data routes store; do fill "src/$file.rs" "services/$name/src/$file.rs"; done
fill src/one.rs "services/$name/src/$one.rs"
fill api/Cargo.toml "services/$name/api/Cargo.toml"
fill api/src/lib.rs "services/$name/api/src/lib.rs"
fill tests/api/main.rs "services/$name/tests/api/main.rs"
fill tests/api/name.rs "services/$name/tests/api/$name.rs"
fill migration.sql "migrations/$name/$(date -u +%Y%m%d)000001_$name.sql"
# The log of who did what is the same in all of them.
cp migrations/quotes/*_audit_log.sql "$stage/migrations/$name/"
fill page.md "docs/services/$name.md"
cp services/quotes/sqlx.toml "$stage/services/$name/"
# The first stages are the same in all images; the rest differs in the name and the port.
sed -e "s/quotes/$name/g" -e "s/9494/$port/g" services/quotes/Dockerfile >"$stage/services/$name/Dockerfile"

# What others have to know of it.
fill service.toml "services/$name/service.toml"
if [ -n "$planned" ]; then
  lines="networks = [\"$name\"]\nappend_only = [\"audit_log\"]"
  { awk -v lines="$lines" '/^\[routes\]$/ { print lines "\n" } { print }' "$planned" | cat -s
    grep '/audit/' "$stage/services/$name/service.toml"; } >"$stage/service.toml"
  mv "$stage/service.toml" "$stage/services/$name/service.toml"
fi

# The grove program, which runs every service natively.
insert_sorted deploy/grove/Cargo.toml '^grove-' "grove-$name = { path = \"../../services/$name\" }"
insert_sorted deploy/grove/src/programs.rs '^            self.service\(' \
  "            self.service(\"$name\", &[], grove_$name::service)?,"

(cd "$stage" && find . -type f) | while read -r file; do
  mkdir -p "$(dirname "$file")"
  cat "$stage/$file" >"$file"
done
[ -z "$planned" ] || rm "$planned"

echo "Writing Cargo.lock, what follows from service.toml, and what the SQL macros know of each query."
cargo fmt --package "grove-$name" --package "grove-$name-api" --package grove
cargo run --quiet --package grove-catalog-writer -- write | sed 's/^/  /'
deploy/sqlx-prepare.sh "services/$name"

cat <<END

The service $name is there; it listens on port $port.

  services/$name        the crate: routes.rs, store.rs, $one.rs; tests in tests/api
  services/$name/api    its contract: what it says on the wire, and its calls
  services/$name/service.toml   what others have to know of it; after an edit, make catalog
  migrations/$name      its table
  docs/services/$name.md

It has a line in deploy/grove/Cargo.toml and one in deploy/grove/src/programs.rs; everything else that changed
was written by make catalog: git diff shows it.
END
if [ -n "$planned" ]; then
  echo
  echo "Its routes were planned and are in service.toml; the service has to answer them, and no longer /$name as made here"
  echo "where they differ."
fi
cat <<END

Next:
  make test s=$name     its tests
  make run              GET and POST /$name answer at the gateway, http://localhost:8000
  what a thing is: services/$name/src/$one.rs and the migration, then make sqlx s=$name
  what it is for: the first lines of src/lib.rs, src/config.rs, Cargo.toml, service.toml and the page
  a page of the website: see "Change a page" in CONTRIBUTING.md
END
