# What the checks need beside Python, for .ci/run to source: installed and started where it is missing (root, Debian).
# shellcheck shell=bash

postgres_host=127.0.0.1
postgres_port=5432
redis_port=6379
redis_database=9 # the tests empty it

install_packages() { # install_packages PACKAGE...: by apt-get, or an error that says what is missing
    echo "Installing: $*."
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "$* must be installed, and only root on Debian can do it here." >&2
        return 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

wait_for() { # wait_for SECONDS COMMAND...: until the command succeeds
    local until=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $until ] || return 1
        sleep 0.5
    done
}

ensure_chromium() {
    command -v chromium >/dev/null || install_packages chromium
    chromium --version 2>/dev/null
}

ensure_node() {
    command -v node >/dev/null || install_packages nodejs
    node --version 2>/dev/null | sed 's/^v/Node /'
}

postgres_answers() { pg_isready -q -h "$postgres_host" -p "$postgres_port"; }

postgres_as() { # postgres_as ROLE SQL: by trust, or with the password that ensure_postgres gave the role
    PGPASSWORD=personalise_ci PGCONNECT_TIMEOUT=5 \
        psql -w -q -t -A -h "$postgres_host" -p "$postgres_port" -U "$1" -d postgres -c "$2"
}

ensure_postgres() {
    local version
    command -v pg_ctlcluster >/dev/null && command -v psql >/dev/null || install_packages postgresql postgresql-client
    if ! postgres_answers; then
        version=$(ls /etc/postgresql | sort -V | tail -n 1)
        echo "Starting PostgreSQL $version."
        pg_ctlcluster --skip-systemctl-redirect "$version" main start
        wait_for 30 postgres_answers || { echo "PostgreSQL does not answer on port $postgres_port." >&2; return 1; }
    fi
    # A machine that trusts the role postgres needs no more; else a role of our own.
    if ! postgres_as postgres "select 1" >/dev/null 2>&1 && ! postgres_as personalise_ci "select 1" >/dev/null 2>&1; then
        runuser -u postgres -- psql -q -p "$postgres_port" -d postgres -c \
            "create role personalise_ci login superuser password 'personalise_ci'"
    fi
    postgres_as "$(postgres_role)" "show server_version" | sed 's/^/PostgreSQL /'
}

postgres_role() {
    if postgres_as postgres "select 1" >/dev/null 2>&1; then echo postgres; else echo personalise_ci; fi
}

postgres_url() { # postgres_url NAME: Django makes and removes the database test_NAME itself
    local role
    role=$(postgres_role)
    echo "postgres://$role:personalise_ci@$postgres_host:$postgres_port/$1"
}

redis_answers() { [ "$(redis-cli -h 127.0.0.1 -p "$redis_port" ping 2>/dev/null)" = PONG ]; }

ensure_redis() {
    command -v redis-server >/dev/null && command -v redis-cli >/dev/null || install_packages redis-server redis-tools
    if ! redis_answers; then
        echo "Starting Redis."
        redis-server --daemonize yes --bind 127.0.0.1 -::1 --port "$redis_port" --save "" --appendonly no >/dev/null
        wait_for 15 redis_answers || { echo "Redis does not answer on port $redis_port." >&2; return 1; }
    fi
    redis-cli -h 127.0.0.1 -p "$redis_port" info server | sed -n 's/^redis_version:/Redis /p'
}

redis_url() { echo "redis://127.0.0.1:$redis_port/$redis_database"; }

ensure_varnish() { # started by the tests themselves, each with its own cache
    command -v varnishd >/dev/null || install_packages varnish
    # A compiler turns its configuration into code; Debian's package brings one along.
    varnishd -V 2>&1 | sed -n 's/^varnishd (varnish-\([^ ]*\).*/Varnish \1/p'
}
