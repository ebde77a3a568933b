# PowerShell completion for portscope; the program itself says what can be typed.
Register-ArgumentCompleter -Native -CommandName portscope -ScriptBlock {
    param($word, $line, $cursor)
    foreach ($entry in (portscope help --list-options)) {
        $name, $value, $help = $entry -split "`t"
        if ($name.StartsWith($word)) {
            [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterName', $help)
        }
    }
}
