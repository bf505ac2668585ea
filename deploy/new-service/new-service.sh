#!/usr/bin/env bash
# Makes a service: a crate with a table, two routes, tests and a page of documentation, and a line in each
# list that names the services. Nothing is written when one of the lists is not as expected.
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
files="config error lib main routes store"
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
! grep -qE "^name = \"grove-$name\"" Cargo.toml ./*/Cargo.toml ./*/*/Cargo.toml || fail "A crate grove-$name is there already."
! grep -qE "^  $name:" compose.yaml deploy/compose.*.yaml || fail "compose.yaml has a service or network $name already."

# Some services have been planned: the gateway knows their port and their routes before they are there.
port=${3:-$(sed -n "s|^ *$name=http://127.0.0.1:\([0-9]*\).*|\1|p" gateway/src/config.rs)}
planned=false
! grep -qF "\"$name\", " gateway/src/routes.rs || planned=true
is_used() { # Whether a port stands in a list of ports.
  grep -qE "[:,( ]$1\b" gateway/src/config.rs deploy/grove/src/ports.rs
}
if [ -z "$port" ]; then
  port=7001
  while is_used "$port"; do port=$((port + 1)); done
elif [ -n "${3:-}" ]; then
  [[ $port =~ ^[0-9]{4,5}$ ]] && [ "$port" -ge 1024 ] && [ "$port" -le 65535 ] || fail "p=$port: a port is a number from 1024 to 65535."
  ! is_used "$port" || fail "The port $port is another's."
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

edit() { # edit FILE AWK_PROGRAM: changes a file, which has to change; awk is given name, port and line.
  local file=$1 program=$2 before
  mkdir -p "$stage/$(dirname "$file")"
  before=$stage/$file
  [ -e "$before" ] || before=$file
  awk -v name="$name" -v port="$port" -v line="${line:-}" "$program" "$before" >"$stage/edited"
  ! cmp -s "$before" "$stage/edited" || fail "$file is not as expected; look at deploy/new-service/new-service.sh."
  mv "$stage/edited" "$stage/$file"
}

insert_sorted() { # insert_sorted FILE PATTERN LINE: among the lines that match, in the order of the alphabet.
  line=$3 edit "$1" "
    /$2/ { seen = 1; if (!done && \$0 > line) { print line; done = 1 } }
    !/$2/ && seen && !done { print line; done = 1 }
    { print }"
}

insert_before() { # insert_before FILE PATTERN LINE: above the first line that matches.
  line=$3 edit "$1" "/$2/ && !done { print line; done = 1 } { print }"
}

insert_after_last() { # insert_after_last FILE PATTERN LINE: below the last line that matches.
  line=$3 edit "$1" "
    { lines[NR] = \$0 } /$2/ { last = NR }
    END { for (i = 1; i <= NR; i++) { print lines[i]; if (i == last) print line } }"
}

also() { # also FILE PATTERN: below each line of quotes that matches, the same line of the new service.
  edit "$1" "{ print } /$2/ && /quotes/ { gsub(/quotes/, name); gsub(/QUOTES/, toupper(name)); print }"
}

add_to_networks_of() { # In compose.yaml, to the networks of a service.
  edit compose.yaml "
    /^  [a-z-]+:/ { is_it = /^  $1:/ }
    is_it && /^    networks: \\[/ { sub(/\\]/, \", \" name \"]\") }
    { print }"
}

# The crate, its table and its page.
fill Cargo.toml "services/$name/Cargo.toml"
for file in lib main config error routes store; do fill "src/$file.rs" "services/$name/src/$file.rs"; done
fill src/one.rs "services/$name/src/$one.rs"
fill tests/api/main.rs "services/$name/tests/api/main.rs"
fill tests/api/name.rs "services/$name/tests/api/$name.rs"
fill migration.sql "migrations/$name/$(date -u +%Y%m%d)000001_$name.sql"
fill page.md "docs/services/$name.md"
cp services/quotes/sqlx.toml "$stage/services/$name/"
# The first stages are the same in all images; the rest differs in the name and the port.
sed -e "s/quotes/$name/g" -e "s/9494/$port/g" services/quotes/Dockerfile >"$stage/services/$name/Dockerfile"

# The workspace and the grove program.
insert_sorted Cargo.toml '^grove-.* = { path' "grove-$name = { path = \"services/$name\" }"
insert_sorted deploy/grove/Cargo.toml '^grove-.*workspace = true$' "grove-$name.workspace = true"
insert_before deploy/grove/src/programs.rs '^            self\.program\($' \
  "            self.program(\"$name\", &[], grove_$name::run)?,"
insert_before deploy/setup/src/owners.rs '^    owner!\("gateway"' "    owner!(\"$name\", \"../../migrations/$name\"),"

# The gateway, and who may do what.
if ! grep -q "^ *$name=http" gateway/src/config.rs; then
  insert_sorted gateway/src/config.rs '^ *[a-z]+=http:' "    $name=http://127.0.0.1:$port,\\\\"
fi
if ! $planned; then
  insert_before gateway/src/routes.rs '^\];$' \
    "    // $(capital "$name")\n    get(\"/$name\", \"$name\", Member),\n    post(\"/$name\", \"$name\", Member),"
  insert_before deploy/grove/tests/e2e/matrix.rs '^\];$' "    (\"GET\", \"/$name\", Member),\n    (\"POST\", \"/$name\", Member),"
fi

# Containers: the service, and a network that it shares with the gateway and the database alone.
# shellcheck disable=SC2016  # awk's $0
edit compose.yaml '/^      UPSTREAMS: / { $0 = $0 "," name "=http://" name ":" port } { print }'
add_to_networks_of gateway
add_to_networks_of mysql
insert_before compose.yaml '^  mysql:$' "  $name:
    <<: *program
    image: \${GROVE_IMAGES:-grove}/$name:\${GROVE_VERSION:-latest}
    build: { context: ., dockerfile: services/$name/Dockerfile, args: [GROVE_PROFILE] }
    environment: *environment
    volumes: [\"./data/secrets/$name:/run/secrets:ro\"]
    networks: [$name]
"
insert_before compose.yaml '^  # These hold$' "  $name: *internal # $name"
insert_after_last deploy/compose.dev.yaml '^  [a-z]+: \{ develop: ' \
  "  $name: { develop: { watch: [*watch-shared, { path: ./services/$name/src, action: rebuild }] } }"
insert_before deploy/compose.production.yaml '^  grove: ' "  $name: { build: !reset null, restart: always }"
# shellcheck disable=SC2016  # awk's $0
edit deploy/compose.observability.yaml '/^    networks: \[observability, edge, / { sub(/\]/, ", " name "]") } { print }'
edit deploy/grove/tests/containers/reach.json '/^    "gateway": / { sub(/\]/, ", \"" name "\"]") } { print }'
insert_before deploy/grove/tests/containers/reach.json '^    "setup": ' "    \"$name\": [\"mysql\"],"

# The other shapes of a deployment, in which it is as quotes is.
for file in kustomization program reach; do
  source=deploy/kubernetes/base/programs/quotes/$file.yaml
  mkdir -p "$stage/deploy/kubernetes/base/programs/$name"
  sed "s/quotes/$name/g" "$source" >"$stage/deploy/kubernetes/base/programs/$name/$file.yaml"
done
also deploy/kubernetes/base/kustomization.yaml programs
also deploy/kubernetes/base/programs/gateway/reach.yaml podSelector
also deploy/kubernetes/mysql/reach.yaml podSelector
# shellcheck disable=SC2016  # awk's $0
edit deploy/kubernetes/base/settings.env '/^UPSTREAMS=/ { $0 = $0 "," name "=http://" name ":8080" } { print }'
# shellcheck disable=SC2016  # awk's $0
edit deploy/swarm/stack.yaml '
  /^      UPSTREAMS: / { $0 = $0 "," name "=http://" name ":" port }
  /^    networks: \[(edge|setup), / { sub(/\]/, ", " name "]") }
  { print }
  /^  quotes:$/ { inside = 1 }
  inside { copy = $0; gsub(/quotes/, name, copy); block = block copy "\n" }
  inside && /^$/ { printf "%s", block; inside = 0 }'
also deploy/swarm/stack.yaml '(internal$|file: )'
also deploy/compose.all-in-one.yaml secrets

# What the documentation lists.
insert_before docs/containers.md 'without these two' "| \`$name\` | $name |"
# shellcheck disable=SC2016  # Markdown's backticks
edit docs/ARCHITECTURE.md '/^\| `services\/<name>\/`/ { sub(/` \| `shared`/, "`, `" name "` | `shared`") } { print }'

(cd "$stage" && find . -type f) | while read -r file; do
  mkdir -p "$(dirname "$file")"
  cat "$stage/$file" >"$file"
done

echo "Writing Cargo.lock and what the SQL macros know of each query."
cargo fmt --package "grove-$name" --package grove --package grove-gateway --package grove-setup
deploy/sqlx-prepare.sh "services/$name"

if $planned; then
  routed="config.rs; its routes were in routes.rs and the matrix already, and the service has to answer them"
else
  routed="config.rs and routes.rs, the authorization matrix"
fi
cat <<END

The service $name is there; it listens on port $port.

  services/$name        the crate: routes.rs, store.rs, $one.rs; tests in tests/api
  migrations/$name      its table
  docs/services/$name.md

It has a line in Cargo.toml, deploy/grove (Cargo.toml, src/programs.rs), deploy/setup/src/owners.rs,
compose.yaml with its overlays, deploy/kubernetes and deploy/swarm, the list of who reaches whom, two
pages of docs/, and the gateway's
$routed: git diff shows them.

Next:
  make test s=$name     its tests
  make run              GET and POST /$name answer at the gateway, http://localhost:8000
  what a thing is: services/$name/src/$one.rs and the migration, then make sqlx s=$name
  what it is for: the first lines of src/lib.rs, src/config.rs, Cargo.toml and the page
  a page of the website: see "Change a page" in CONTRIBUTING.md
END
