# Loads the cmdlets. The engine stays in the default load context, so that scripts can name its types: [SmtpTls.TlsLevel].

$assembly = Join-Path -Path $PSScriptRoot -ChildPath 'bin/SmtpTls.Module.dll'
if (-not (Test-Path -LiteralPath $assembly)) {
    throw "$assembly is not there. In a clone of the repository run: dotnet build"
}

Import-Module -Name $assembly -ErrorAction Stop

# Relays and listeners belong to the process, not to a pipeline; without the module nobody could stop them any more.
$ExecutionContext.SessionState.Module.OnRemove = {
    $null = [SmtpTls.Module.RelayRegistry]::StopAllAsync().GetAwaiter().GetResult()
    $null = [SmtpTls.Module.ListenerRegistry]::StopAllAsync().GetAwaiter().GetResult()
}
