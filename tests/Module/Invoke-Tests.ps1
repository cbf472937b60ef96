<#
.SYNOPSIS
Runs the Pester tests on the built module, in a fresh process, and ends with a line "N passed, N failed, N skipped".

.PARAMETER ModulePath
The module folder to test. The one that `dotnet build` lays out unless told otherwise.

.PARAMETER Path
The tests to run. All unless told otherwise.
#>
[CmdletBinding()]
param(
    [string] $ModulePath = (Join-Path $PSScriptRoot '../../module/SmtpTls'),
    [string[]] $Path = $PSScriptRoot,
    [ValidateSet('Normal', 'Detailed', 'Diagnostic')]
    [string] $Output = 'Normal'
)

$ErrorActionPreference = 'Stop'
if (-not (Test-Path (Join-Path $ModulePath 'bin/SmtpTls.Module.dll'))) {
    throw "There is no built module in $ModulePath. Run: dotnet build"
}

# A process that has the module loaded already would go on with the assemblies that it loaded first.
$run = {
    param($paths, $verbosity)
    Import-Module Pester -MinimumVersion 5.0
    $configuration = New-PesterConfiguration
    $configuration.Run.Path = $paths
    $configuration.Run.PassThru = $true
    $configuration.Output.Verbosity = $verbosity
    $result = Invoke-Pester -Configuration $configuration
    '{0} passed, {1} failed, {2} skipped' -f $result.PassedCount, $result.FailedCount, ($result.SkippedCount + $result.NotRunCount)
    exit ($result.FailedCount -gt 0 -or $result.FailedContainersCount -gt 0 -or $result.FailedBlocksCount -gt 0 -or $result.PassedCount -eq 0 ? 1 : 0)
}

$before = $env:SMTPTLS_MODULE
try {
    $env:SMTPTLS_MODULE = (Resolve-Path -LiteralPath $ModulePath).Path
    & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command $run -args $Path, $Output
    exit $LASTEXITCODE
}
finally {
    $env:SMTPTLS_MODULE = $before
}
