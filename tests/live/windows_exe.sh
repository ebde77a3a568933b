#!/bin/sh
# windows_exe.sh PROGRAM OBJDUMP - checks of portscope.exe that do not run it.
set -u

program=$1
objdump=$2
failed=0

fail()
{
    echo "$1" >&2
    failed=1
}

size=$(wc -c <"$program")
[ "$size" -lt 1048576 ] || fail "$size bytes are not below 1 MiB"

headers=$("$objdump" -p "$program") || exit 1
# Windows loads these from System32 only, because they are in its list of known DLLs.
for library in $(echo "$headers" | sed -n 's/.*DLL Name: //p' | tr '[:upper:]' '[:lower:]'); do
    case $library in
    advapi32.dll | kernel32.dll | msvcrt.dll | ws2_32.dll) ;;
    *) fail "imports $library" ;;
    esac
done
for wanted in HIGH_ENTROPY_VA DYNAMIC_BASE NX_COMPAT; do
    echo "$headers" | grep -q "$wanted" || fail "is not marked $wanted"
done
for wanted in 'level="asInvoker"' '>UTF-8</activeCodePage>' '>true</longPathAware>'; do
    grep -aqF "$wanted" "$program" || fail "has no $wanted in its manifest"
done
# The text of the version resource is UTF-16.
tr -d '\0' <"$program" | grep -aq 'OriginalFilename.*portscope.exe' || fail "has no version resource"

exit $failed
