# shellcheck shell=bash
# lib.sh: what the lab's scripts share. Sourced, never run.

# Debian keeps ip, iptables and friends in sbin, which a user's PATH may lack.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() { printf 'lab: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# The system cannot do it (as opposed to: it went wrong). Callers turn this into "skipped".
EXIT_UNSUPPORTED=3
unsupported() {
  say "$*"
  exit "$EXIT_UNSUPPORTED"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root (or sudo): $*"
  fi
}

# The directories that labs made on this machine as mount points (see in-lab), one a line.
# shellcheck disable=SC2034
MADE_DIRS=/run/slipway-lab.made

KUBE_VERSION=1.20.2
KUBE_PROGRAMS="kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy"
cache_dir() { printf '%s/slipway' "${XDG_CACHE_HOME:-$HOME/.cache}"; }
kube_bin_dir() { printf '%s/kube-%s/bin' "$(cache_dir)" "$KUBE_VERSION"; }
kube_is_built() {
  local program
  for program in $KUBE_PROGRAMS; do
    [ -x "$(kube_bin_dir)/$program" ] || return 1
  done
}

# The images hold busybox alone, so it must be a static one. Debian's `busybox` and
# `busybox-static` exclude each other; where the former is installed, ./install fetches the
# latter into the cache instead of replacing it.
static_busybox() {
  local candidate
  for candidate in /bin/busybox "$(cache_dir)/busybox"; do
    if [ -x "$candidate" ] && ! LC_ALL=C ldd "$candidate" >/dev/null 2>&1; then
      printf '%s' "$candidate"
      return 0
    fi
  done
  return 1
}

codename() { (. /etc/os-release && printf '%s' "${VERSION_CODENAME:-unknown}"); }

# until_true SECONDS COMMAND...: tries COMMAND every 50 ms. Fails when the time is up.
until_true() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -le "$deadline" ] || return 1
    sleep 0.05
  done
}

# Parts: long-running programs of the lab. A part's command line is kept in DIR/run/NAME.cmd, so
# that a test may stop one (a cluster that is down) and start it again exactly as it was.

# part_define DIR NAME COMMAND...
part_define() {
  local dir=$1 name=$2
  shift 2
  mkdir -p "$dir/run" "$dir/log"
  printf '#!/usr/bin/env bash\nexec%s\n' "$(printf ' %q' "$@")" >"$dir/run/$name.cmd"
}

part_alive() {
  local pid
  pid=$(cat "$1/run/$2.pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null
}

# Parts are daemons: in a session of their own, holding none of our files (a lock that the caller
# holds on descriptor 9 would otherwise be held for as long as they live).
part_start() {
  local dir=$1 name=$2
  [ -f "$dir/run/$name.cmd" ] || die "no such part: $name"
  ! part_alive "$dir" "$name" || return 0
  (cd "$dir" && exec setsid bash "run/$name.cmd") >>"$dir/log/$name.log" 2>&1 </dev/null 9>&- &
  echo $! >"$dir/run/$name.pid"
}

# part_failed DIR NAME WORDS: dies with the part's own last words.
part_failed() {
  tail -n 5 "$1/log/$2.log" | cut -c 1-300 >&2
  die "$3"
}

part_dead() { ! part_alive "$1" "$2"; }

# part_stop DIR NAME [SIGNAL]: asks, waits five seconds, insists.
part_stop() {
  local dir=$1 name=$2 signal=${3:-TERM} pid
  pid=$(cat "$dir/run/$name.pid" 2>/dev/null) || return 0
  kill -s "$signal" "$pid" 2>/dev/null || true
  until_true 5 part_dead "$dir" "$name" || kill -s KILL "$pid" 2>/dev/null || true
  until_true 5 part_dead "$dir" "$name" || die "$name (process $pid) does not end"
  rm -f "$dir/run/$name.pid"
}
