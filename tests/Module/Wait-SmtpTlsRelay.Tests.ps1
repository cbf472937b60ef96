BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
}

Describe 'Wait-SmtpTlsRelay' {
    BeforeEach { $script:folder = New-TestFolder }

    AfterEach {
        Stop-Everything
        Remove-Item $folder -Recurse
    }

    It 'returns without output when everything is delivered' {
        $sink = Start-SmtpTlsListener -Port 0 -Address 127.0.0.1
        $relay = Start-TestRelay $folder -To $sink
        Send-TestMessage $relay -To (1..20 | ForEach-Object { "b$_@test" })
        Wait-SmtpTlsRelay $relay -Drained -Timeout 60 | Should -BeNullOrEmpty
        $sink.Received | Should -Be 20
        Get-SmtpTlsMessage | Should -BeNullOrEmpty
    }

    It 'does not wait for what is deferred or suspended' {
        $relay = Start-TestRelay $folder
        Send-TestMessage $relay -To b@test, c@test
        Wait-SmtpTlsRelay -Drained -Timeout 30
        Get-SmtpTlsMessage -First 1 | Suspend-SmtpTlsMessage
        Wait-SmtpTlsRelay edge -Drained -Timeout 00:00:30 -ErrorVariable problem
        $problem | Should -BeNullOrEmpty
        (Get-SmtpTlsMessage).State | Sort-Object | Should -Be 'Deferred', 'Suspended'
    }

    It 'says what still waits where when its time is over, and ends a script only if asked to' {
        $socket = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $socket.Start()
        try {
            # It takes connections and says nothing: the delivery stays under way.
            $silent = New-SmtpTlsRoute * "127.0.0.1:$($socket.LocalEndpoint.Port)" -TlsLevel None
            $relay = Start-TestRelay $folder -With @{ Route = $silent }
            Send-TestMessage $relay
            Wait-SmtpTlsRelay $relay -Drained -Timeout 200ms -ErrorVariable problem -ErrorAction SilentlyContinue
            $problem.FullyQualifiedErrorId | Should -Be 'TimedOut,SmtpTls.Module.WaitSmtpTlsRelayCommand'
            $problem.CategoryInfo.Category | Should -Be 'OperationTimeout'
            $problem.TargetObject.Name | Should -Be 'edge'
            "$($problem.Exception.Message)" | Should -BeLike "*edge*0.2 s*1 under way*127.0.0.1:$($socket.LocalEndpoint.Port)*"
            { Wait-SmtpTlsRelay $relay -Drained -Timeout 0 -ErrorAction Stop } | Should -Throw -ErrorId 'TimedOut,*'
            Stop-SmtpTlsRelay $relay -Timeout 0
        }
        finally {
            $socket.Stop()
        }
    }

    It 'waits for several, and knows the only one that runs' {
        $one = Start-TestRelay $folder
        Wait-SmtpTlsRelay -Drained -Timeout 30
        $two = Start-TestRelay $folder -Name two
        $one, $two | Wait-SmtpTlsRelay -Drained -Timeout 30
        { Wait-SmtpTlsRelay -Drained } | Should -Throw -ErrorId 'InvalidInput,*'
    }

    It 'ends by Ctrl+C' {
        $socket = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $socket.Start()
        try {
            $silent = New-SmtpTlsRoute * "127.0.0.1:$($socket.LocalEndpoint.Port)" -TlsLevel None
            $relay = Start-TestRelay $folder -With @{ Route = $silent }
            Send-TestMessage $relay
            $shell = [powershell]::Create().AddScript('param($manifest) Import-Module $manifest; Wait-SmtpTlsRelay edge -Drained').AddArgument((Get-TestedManifest))
            $running = $shell.BeginInvoke()
            $socket.AcceptTcpClient() | Should -Not -BeNullOrEmpty
            $shell.BeginStop($null, $null).AsyncWaitHandle.WaitOne([timespan]::FromSeconds(30)) | Should -BeTrue
            { $shell.EndInvoke($running) } | Should -Throw
            $relay.IsRunning | Should -BeTrue
            Stop-SmtpTlsRelay $relay -Timeout 0
        }
        finally {
            $socket.Stop()
        }
    }
}
