# fish completion for portscope; the program itself says what can be typed.
function __portscope_words
    portscope help --list-options 2>/dev/null | string match -rv '^\S+\tcolumn\t' | string replace -r '\t[^\t]*\t' '\t'
end
function __portscope_columns
    portscope help --list-options 2>/dev/null | string match -r '^\S+\tcolumn\t.*' | string replace -r '\tcolumn\t' '\t'
end
complete -c portscope -f -a '(__portscope_words)'
complete -c portscope -F -n '__fish_prev_arg_in --policy --save --output'
complete -c portscope -f -n '__fish_prev_arg_in --fail-on' -a 'high medium low info'
complete -c portscope -f -n '__fish_prev_arg_in --format' -a 'table json ndjson prometheus'
complete -c portscope -f -n '__fish_prev_arg_in --columns --sort' -a '(__portscope_columns)'
