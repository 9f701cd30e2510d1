#!/bin/sh
# The one entrance: ./go <word>. Sets up what the word needs, then runs it. ./go alone lists the words.
set -eu
cd "$(dirname "$0")"

# say <sentence>: one clear sentence on standard error.
say() { printf '%s\n' "$*" >&2; }

# stop <sentence>: say it and leave.
stop() { say "go: $*"; exit 1; }

# need <command> <sentence>: stop unless the command exists.
need() { command -v "$1" >/dev/null 2>&1 || stop "$2"; }

python_of_the_machine() {
    for candidate in python3.11 python3.12 python3.13 python3; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    stop "Python 3.11 or later is needed; on Debian: apt-get install python3 python3-pip"
}

# stamp <name> <files...>: true when none of the files changed since `stamped <name>` was called.
fingerprint() { cat "$@" | cksum | tr -d ' \t'; }
is_fresh() { name=$1; shift; [ "$(cat ".setup/$name" 2>/dev/null || true)" = "$(fingerprint "$@")" ]; }
stamped() { name=$1; shift; mkdir -p .setup; fingerprint "$@" >".setup/$name"; }

uv_itself() {
    [ -x .uv/bin/uv ] && is_fresh uv requirements/uv-itself.lock && return
    python=$(python_of_the_machine)
    rm -rf .uv
    "$python" -m pip --version >/dev/null 2>&1 || stop "pip is needed; on Debian: apt-get install python3-pip"
    "$python" -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
        --target .uv --require-hashes -r requirements/uv-itself.lock || stop "could not fetch uv"
    stamped uv requirements/uv-itself.lock
}

environment() {
    [ -x .venv/bin/python ] && is_fresh environment go pyproject.toml requirements/*.lock && return
    say "go: making the virtual environment (.venv) from requirements/dev.lock"
    rm -f .setup/environment
    uv_itself
    [ -x .venv/bin/python ] || .uv/bin/uv venv --quiet --python "$(python_of_the_machine)" .venv
    .uv/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes requirements/dev.lock
    .uv/bin/uv pip install --quiet --python .venv/bin/python --no-build-isolation --no-deps --editable .
    stamped environment go pyproject.toml requirements/*.lock
}

assets() {
    is_fresh assets go package.json package-lock.json && [ -d src/gpic/web/static/vendor ] && return
    need npm "Node and npm are needed for the page assets; on Debian: apt-get install nodejs npm"
    say "go: taking the page assets (NHS.UK frontend) from npm"
    rm -f .setup/assets
    npm ci --silent --ignore-scripts || stop "npm could not fetch the page assets"
    .venv/bin/python scripts/take_assets.py
    stamped assets go package.json package-lock.json
}

system_packages() { scripts/system-packages "$@"; }

ready() { environment; assets; }

words() {
    cat <<'WORDS'
usage: ./go <word> [options]

  demo       walk a new and a returning patient through the whole way, then stay up   (--once: walk and leave)
  test       run every test that is not marked long                                   (--all: the long ones too)
  check      format, lint, types, import contracts, bill of materials, house tests
  fix        format and mend what ruff can mend
  sandbox    all roles for your own service               (--for my-service.toml)
  bench      how fast it is, in ratios                       ([NAME] [--json]; --check: fail where one has fallen by 15 %)
  chaos      processes killed at every call; then everything goes wrong under load   (crash | load [--minutes N])
  soak       ordinary load for half an hour; does anything grow?   ([--minutes N] [--sqlite])
  fuzz       whatever may come from outside, for 10 minutes    ([NAME…] [--minutes N] [--seed N])
  defences   take out each line of defence, see the attack succeed         (attack numbers, or all)
  mutants    show that the tests of the deciding modules can fail              (--changed: for the modules that are new)
  audit      whether anything locked has a known weakness          (asks the registries)
  docs       build the documentation site and check its links                  (--serve PORT)
  dist       build sdist and wheel into dist/             (--release: refuse what is not committed or not in the changelog)
  lock       write the locks anew from pyproject.toml                          (--upgrade: with the newest versions)
WORDS
}

word=${1:-}
[ $# -gt 0 ] && shift
case "$word" in
    demo) ready; exec .venv/bin/gpic demo "$@" ;;
    test)
        ready
        system_packages
        if [ "${1:-}" = "--all" ] && [ $# = 1 ]; then
            status=0
            .venv/bin/python -m pytest -n 2 --dist worksteal -m "not alone" || status=$?
            .venv/bin/python -m pytest -m alone || status=$?
            exit "$status"
        fi
        if [ "${1:-}" = "--all" ]; then shift; exec .venv/bin/python -m pytest -n 2 --dist worksteal -m "" "$@"; fi
        exec .venv/bin/python -m pytest -n 2 --dist worksteal "$@"
        ;;
    check)
        ready
        .venv/bin/ruff format --check .
        .venv/bin/ruff check .
        .venv/bin/mypy
        .venv/bin/lint-imports
        .venv/bin/python scripts/sbom.py
        exec .venv/bin/python -m pytest -q -p no:cacheprovider tests/house "$@"
        ;;
    fix) environment; .venv/bin/ruff check --fix .; exec .venv/bin/ruff format . ;;
    sandbox) ready; exec .venv/bin/gpic sandbox "$@" ;;
    bench) ready; exec .venv/bin/python -m benchmarks "$@" ;;
    chaos) ready; PYTHONPATH=. exec .venv/bin/python scripts/chaos.py "$@" ;;
    soak) ready; PYTHONPATH=. exec .venv/bin/python scripts/soak.py "$@" ;;
    fuzz) ready; PYTHONPATH=. exec .venv/bin/python scripts/fuzz.py "$@" ;;
    defences) ready; PYTHONPATH=. exec .venv/bin/python scripts/defences.py "$@" ;;
    mutants) ready; exec .venv/bin/python scripts/mutants.py "$@" ;;
    audit) ready; exec .venv/bin/python scripts/audit.py "$@" ;;
    docs) ready; exec .venv/bin/python -m scripts.docs "$@" ;;
    dist) ready; exec .venv/bin/python scripts/dist.py "$@" ;;
    lock)
        uv_itself
        # Without --upgrade what is pinned stays pinned: uv reads the old lock.
        .uv/bin/uv pip compile pyproject.toml --extra sandbox --extra django --group dev --universal --python-version 3.11 \
            --generate-hashes --no-emit-index-url --no-header --quiet "$@" -o requirements/dev.lock
        .uv/bin/uv pip compile pyproject.toml --extra server --extra postgres --extra aws --universal --python-version 3.11 \
            --constraints requirements/dev.lock --generate-hashes --no-emit-index-url --no-header --quiet "$@" -o requirements/run.lock
        npm install --silent --package-lock-only --ignore-scripts
        ;;
    "" | help | -h | --help) words ;;
    *) words >&2; stop "no such word: $word" ;;
esac
