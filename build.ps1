<#
.SYNOPSIS
Builds, tests or packages. A thin wrapper: what it runs can be typed as well.

.PARAMETER Task
Build: the solution, which lays out module/SmtpTls. Test: the .NET tests, and the Pester tests on the built module.
Package: the module as users get it, in artifacts/SmtpTls.

.PARAMETER Configuration
Debug or Release. Package is Release unless told otherwise.
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Test', 'Package')]
    [string] $Task = 'Build',
    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = ($Task -eq 'Package' ? 'Release' : 'Debug')
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version Latest

function Invoke-Checked([string] $Command, [string[]] $Arguments) {
    & $Command @Arguments
    if ($LASTEXITCODE -ne 0) {
        throw "$Command $($Arguments -join ' ') ended with exit code $LASTEXITCODE."
    }
}

Push-Location $PSScriptRoot
try {
    Invoke-Checked dotnet @('build', 'SmtpTls.sln', '--configuration', $Configuration)
    switch ($Task) {
        'Test' {
            Invoke-Checked dotnet @('test', 'SmtpTls.sln', '--configuration', $Configuration, '--no-build')
            Invoke-Checked ([Environment]::ProcessPath) @('-NoProfile', '-File', './tests/Module/Invoke-Tests.ps1')
        }
        'Package' {
            $version = (Import-PowerShellDataFile ./module/SmtpTls/SmtpTls.psd1).ModuleVersion
            $target = Join-Path $PSScriptRoot "artifacts/SmtpTls/$version"
            Remove-Item $target -Recurse -ErrorAction Ignore
            $null = New-Item -ItemType Directory $target
            Copy-Item ./module/SmtpTls/* $target -Recurse
            "The module is in $target. Copy its parent folder to one of the folders in `$env:PSModulePath."
        }
    }
}
finally {
    Pop-Location
}
