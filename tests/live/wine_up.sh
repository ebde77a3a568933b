#!/bin/sh
# Makes the Wine prefix of a build tree, once, and starts its server.

# Wine's services outlive this script and keep every stream that they inherit, and ctest would wait for
# the end of its own.
exec </dev/null >"$WINEPREFIX.log" 2>&1

mkdir -p "$WINEPREFIX" || exit 1
if [ ! -e "$WINEPREFIX/made" ]; then
    wineboot --init || exit 1
    # Making it leaves a second service manager behind, with which no service starts.
    wineserver -k
    : >"$WINEPREFIX/made"
fi
wineserver -p # stays until it is told to go
exec wine cmd /c rem # starts Wine's services now, outside of any test
