# bash completion for portscope; the program itself says what can be typed.
_portscope()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words
    case $previous in
    --columns | --sort)
        words=$(portscope help --list-options 2>/dev/null | awk -F '\t' '$2 == "column" { print $1 }')
        local done=
        [[ $current == *,* ]] && done=${current%,*},
        mapfile -t COMPREPLY < <(compgen -P "$done" -W "$words" -- "${current##*,}")
        ;;
    --proto) mapfile -t COMPREPLY < <(compgen -W 'tcp udp tcp4 tcp6 udp4 udp6' -- "$current") ;;
    --fail-on) mapfile -t COMPREPLY < <(compgen -W 'high medium low info' -- "$current") ;;
    --format)
        mapfile -t COMPREPLY < <(compgen -W 'table json ndjson prometheus' -- "$current")
        ;;
    --policy | --save | --output) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    --color) mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$current") ;;
    --user) mapfile -t COMPREPLY < <(compgen -u -- "$current") ;;
    *)
        words=$(portscope help --list-options 2>/dev/null | awk -F '\t' '$2 != "column" { print $1 }')
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
        ;;
    esac
}
complete -F _portscope portscope
