#!/bin/sh
# wine_up.sh - makes the Wine prefix of a build tree, once, and starts its server.

# Wine's services outlive this script and inherit its streams, and ctest waits until its own are closed.
exec </dev/null >"$WINEPREFIX.log" 2>&1

mkdir -p "$WINEPREFIX" || exit 1
if [ ! -e "$WINEPREFIX/complete" ]; then
    wineboot --init || exit 1
    # The new prefix has a second service manager, with which no service starts.
    wineserver -k
    : >"$WINEPREFIX/complete"
fi

# Wine 8 searches all its processes for every socket of the machine. The server owns the sockets and the
# services read the tables, so both go into a network namespace of their own if this user may make one.
# -p: the server runs until wine_down.
start='wineserver -p && exec wine cmd /c rem'
unshare --net sh -c "ip link set lo up && $start" || exec sh -c "$start"
