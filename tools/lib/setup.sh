# What tools/run, tools/test and tools/check share. Sourced, never run.
# shellcheck shell=bash

# libcurl: for tidegate-bench, whose Foundation is linked into it.
build_packages=(
    libcurl4-openssl-dev libnice-dev libsrtp2-dev libssl-dev libsqlite3-dev openssl pkg-config sqlite3
)
test_packages=(
    chromium chromium-driver firefox-esr python3 python3-selenium python3-websockets iproute2 procps tmux
    util-linux
)
# What reads completion scripts and man pages.
reader_packages=(bash fish groff mandoc zsh)
# promtool, and virtual environments for what comes from PyPI.
figure_packages=(prometheus python3-venv)

say() { printf '\n== %s\n' "$*" >&2; }

fail() {
    printf '\n%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# Swift 6.2 or newer, or a sentence.
need_swift() {
    command -v swift >/dev/null || fail "no 'swift' in PATH; install a Swift 6.2 or newer toolchain from swift.org"
    local version
    version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+\.[0-9]+).*/\1/p' | head -n 1)
    if [ -z "$version" ] || [ "$(printf '6.2\n%s\n' "$version" | sort -V | head -n 1)" != 6.2 ]; then
        fail "Swift 6.2 or newer is needed, this is ${version:-unknown}; install a newer toolchain from swift.org"
    fi
}

# Installs those of the named Debian packages that are missing.
need_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    command -v apt-get >/dev/null || fail "this is not a Debian system; install these by hand: ${missing[*]}"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "needs root or sudo to install: ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing Debian packages: ${missing[*]}"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq \
        || fail "'apt-get update' failed; is a Debian mirror reachable?"
    # RUNLEVEL: a package's service (promtool comes with one) is not started.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${missing[@]}" \
        || fail "could not install: ${missing[*]}"
}

# Builds for 'release' or 'debug'; further arguments go to 'swift build'.
# Release programs carry the Swift runtime, so that what is tested and measured is what is packed and runs anywhere.
# The output goes to run/build.log; what matters of it is shown.
build() {
    local configuration=$1 status=0
    shift
    if [ "$configuration" = release ]; then set -- --static-swift-stdlib "$@"; fi
    mkdir -p run
    say "building for $configuration; the first time takes about 10 minutes on 2 cores (progress: run/build.log)"
    swift build -c "$configuration" --explicit-target-dependency-import-check error "$@" >run/build.log 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        grep -E 'error:' run/build.log | sort -u | head -n 40 >&2 || tail -n 40 run/build.log >&2
        fail "the build failed; the whole log is in run/build.log"
    fi
}
