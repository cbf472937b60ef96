# What the module's tests share.

function Import-TestedModule {
    <# The built module: the folder that users get, or the one that SMTPTLS_MODULE names. #>
    Import-Module (Get-TestedManifest) -Global -ErrorAction Stop
}

function Get-TestedModulePath {
    $path = $env:SMTPTLS_MODULE ? $env:SMTPTLS_MODULE : (Join-Path $PSScriptRoot '../../module/SmtpTls')
    (Resolve-Path -LiteralPath $path).Path
}

function Get-TestedManifest {
    Join-Path (Get-TestedModulePath) 'SmtpTls.psd1'
}

function Invoke-FreshPowerShell {
    <# Runs a script in a process of its own, the tested module imported, and returns its output lines. #>
    param([Parameter(Mandatory, Position = 0)][string] $Script, [string] $Location = $PWD.ProviderPath)

    $file = Join-Path ([IO.Path]::GetTempPath()) "$([guid]::NewGuid()).ps1"
    $import = "`$ErrorActionPreference = 'Stop'`nImport-Module '$(Get-TestedManifest)'`nSet-Location -LiteralPath '$Location'`n"
    try {
        Set-Content -LiteralPath $file -Value ($import + $Script)
        $output = & ([Environment]::ProcessPath) -NoProfile -NonInteractive -File $file 2>&1 | ForEach-Object { "$_" }
        if ($LASTEXITCODE -ne 0) {
            throw "The script ended with exit code $LASTEXITCODE and said:`n$($output -join "`n")"
        }

        $output
    }
    finally {
        Remove-Item -LiteralPath $file -ErrorAction Ignore
    }
}

function Open-ScriptedServer {
    <#
        A server for one connection that offers STARTTLS and AUTH PLAIN and says yes to everything but what -Refuse
        names (the beginning of a command, and the reply to it). Returns its port and its job; the job ends with the
        connection and returns the commands that it read.
    #>
    param(
        [Parameter(Mandatory)][Security.Cryptography.X509Certificates.X509Certificate2] $Certificate,
        [hashtable] $Refuse = @{}
    )

    $socket = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
    $socket.Start()
    $state = @{ Socket = $socket; Certificate = $Certificate; Refuse = $Refuse }
    $job = Start-ThreadJob -ScriptBlock {
        $state = $using:state
        $socket, $refuse = $state.Socket, $state.Refuse
        $client = $socket.AcceptTcpClient()
        $stream = $client.GetStream()
        $open = { param($s) [IO.StreamReader]::new($s, [Text.Encoding]::UTF8, $false, 1, $true) }
        $say = { param($text) $bytes = [Text.Encoding]::ASCII.GetBytes($text + "`r`n"); $stream.Write($bytes, 0, $bytes.Length); $stream.Flush() }
        $reader = & $open $stream
        & $say '220 scripted.test ESMTP'
        $inData = $false
        $secure = $false
        while ($null -ne ($line = $reader.ReadLine())) {
            if ($inData) {
                if ($line -eq '.') { $inData = $false; & $say '250 2.0.0 Ok: queued as SCRIPTED' }
                continue
            }

            $line
            $refused = $refuse.Keys | Where-Object { $line.StartsWith($_, [StringComparison]::OrdinalIgnoreCase) } | Select-Object -First 1
            if ($refused) { & $say $refuse[$refused]; continue }
            switch -Regex ($line) {
                '^EHLO' { & $say ($secure ? "250-scripted.test`r`n250 AUTH PLAIN LOGIN" : "250-scripted.test`r`n250 STARTTLS") }
                '^STARTTLS' {
                    & $say '220 Go on'
                    $stream = [Net.Security.SslStream]::new($stream)
                    $stream.AuthenticateAsServer($state.Certificate)
                    $reader = & $open $stream
                    $secure = $true
                }
                '^AUTH' { & $say '235 2.7.0 Welcome' }
                '^DATA' { $inData = $true; & $say '354 Go on' }
                '^QUIT' { & $say '221 Bye' }
                default { & $say '250 Ok' }
            }
        }

        $client.Dispose()
        $socket.Stop()
    }

    [pscustomobject]@{ Port = $socket.LocalEndpoint.Port; Job = $job }
}

function Receive-ScriptedCommand {
    <# The commands that a scripted server read, once its connection has ended. #>
    param([Parameter(Mandatory)] $Server)
    $Server.Job | Wait-Job -Timeout 30 | Receive-Job
    $Server.Job | Remove-Job -Force
}

function New-TestFolder {
    <# An empty folder of its own. #>
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'A test does not ask.')]
    param()
    (New-Item -ItemType Directory (Join-Path ([IO.Path]::GetTempPath()) ([guid]::NewGuid()))).FullName
}

function Start-TestRelay {
    <#
        A relay on loopback, its queue in -Folder. Its mail goes to -To, a listener; without one to a port where nobody
        listens, so that it stays in the queue.
    #>
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'A test does not ask.')]
    param([Parameter(Mandatory)][string] $Folder, [SmtpTls.SmtpListener] $To, [string] $Name = 'edge', [hashtable] $With = @{})

    $smartHost = $To ? "127.0.0.1:$($To.Port)" : '127.0.0.1:1'
    $parameters = @{
        Name = $Name; QueuePath = Join-Path $Folder "$Name.queue"; Address = '127.0.0.1'; Port = 0
        Route = New-SmtpTlsRoute -Domain * -SmartHost $smartHost -TlsLevel None
    }
    foreach ($key in $With.Keys) { $parameters[$key] = $With[$key] }
    Start-SmtpTlsRelay @parameters
}

function Send-TestMessage {
    <# Sends a message to each address, each by itself, to a relay or a listener. #>
    param([Parameter(Mandatory)] $Server, [string[]] $To = 'b@test', [string] $From = 'a@test', [string] $Subject = 'test')
    $port = $Server -is [SmtpTls.SmtpRelay] ? $Server.Listeners[0].Port : $Server.Port
    foreach ($one in $To) {
        $null = Send-SmtpTlsMessage -Server 127.0.0.1 -Port $port -TlsMode None -From $From -To $one -Subject $Subject -Body 'hello'
    }
}

function Stop-Everything {
    <# Relays and listeners of this process. #>
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'A test does not ask.')]
    param()
    Get-SmtpTlsRelay | Stop-SmtpTlsRelay -Timeout 0
    Get-SmtpTlsListener | Stop-SmtpTlsListener -DrainTimeout 0
}

Export-ModuleMember -Function *
