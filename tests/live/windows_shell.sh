#!/bin/sh
# windows_shell.sh PROGRAM - portscope.exe under Wine, with pipes, signals and a terminal of Unix.
set -u

program=$1
directory=$(mktemp -d)
trap 'rm -rf "$directory"; [ -z "${listener:-}" ] || kill "$listener"' EXIT
failed=0

fail()
{
    echo "$1" >&2
    failed=1
}

# Pipes: a reader that stays, and one that leaves.
wine "$program" -ano </dev/null 2>"$directory/err" | grep -q 'Local Address' || fail "| grep"
# shellcheck disable=SC2016 # for the inner shell
status=$(sh -c '{ wine "$1" -ano --json; echo $? >"$2/status"; } 2>"$2/err" | head -c 1 >/dev/null
    cat "$2/status"' sh "$program" "$directory" </dev/null)
[ "$status:$(cat "$directory/err")" = 0: ] || fail "| head: status $status, $(cat "$directory/err")"
wine "$program" -ano 1 </dev/null 2>"$directory/err" | head -n 3 >/dev/null # must not run forever

# Ctrl-C ends it.
timeout -s INT -k 10 2 wine "$program" -ano 60 </dev/null >/dev/null 2>&1
[ $? -ne 137 ] || fail "does not exit when interrupted"

# A command that runs another one in the network namespace of Wine's server; see wine_up.sh.
in_network_of_wine()
{
    for process in /proc/[0-9]*; do
        case $(readlink "$process/exe") in
        */wineserver*)
            if tr '\0' '\n' <"$process/environ" | grep -qx "WINEPREFIX=$WINEPREFIX" &&
                [ "$(readlink "$process/ns/net")" != "$(readlink /proc/self/ns/net)" ]; then
                echo "nsenter --target ${process#/proc/} --net"
            fi
            ;;
        esac
    done 2>"$directory/err"
}

# Wine 8 also lists the sockets of Linux processes; later versions only those of Wine's.
case $(wine --version) in
wine-8.*)
    if command -v python3 >/dev/null; then
        cat >"$directory/listen.py" <<'END'
import os, socket, sys, time
held = socket.socket()
held.bind(("127.0.0.1", 0))
held.listen()
with open(sys.argv[1] + ".new", "w") as file:
    file.write(str(held.getsockname()[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(60)
END
        # shellcheck disable=SC2046 # several words, or none
        $(in_network_of_wine) python3 "$directory/listen.py" "$directory/port" &
        listener=$!
        tries=100
        while [ ! -e "$directory/port" ] && [ "$tries" -gt 0 ]; do
            tries=$((tries - 1))
            sleep 0.05
        done
        port=$(cat "$directory/port")
        wine "$program" -ano ":$port" </dev/null >"$directory/out" 2>"$directory/err"
        # Wine does not know its owner, and unknown is not none.
        grep -Eq "^  TCP    127\.0\.0\.1:$port +0\.0\.0\.0:0 +LISTENING       -        -" "$directory/out" ||
            fail "no row for a listener of Linux: $(cat "$directory/out")"
        grep -q '1 socket has no visible owner' "$directory/err" || fail "no notice about it"
    fi
    ;;
esac

# A console. Wine draws it anew, so only words can be expected.
if ! script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    echo "skipped: the console, because there is no pseudo-terminal"
else
    script -qec "wine '$program' --help" /dev/null </dev/null >"$directory/out" 2>&1
    grep -q 'usage: portscope' "$directory/out" || fail "nothing on a console"
    script -qec "wine '$program' '--pört✔'" /dev/null </dev/null >"$directory/out" 2>&1
    tr -d '\033' <"$directory/out" | sed 's/\[?25[lh]//g' | grep -q 'pört✔' ||
        fail "not UTF-8 on a console: $(cat "$directory/out")"
    script -qec "wine '$program' -ano" /dev/null </dev/null >"$directory/out" 2>&1
    grep -q 'Active' "$directory/out" || fail "no table on a console"
fi

exit $failed
