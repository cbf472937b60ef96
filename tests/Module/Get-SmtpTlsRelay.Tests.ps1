BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
    $script:folder = New-TestFolder
    $script:sink = Start-SmtpTlsListener -Port 0 -Address 127.0.0.1 -Name sink
    $script:edge = Start-TestRelay $folder -To $sink
    $script:inner = Start-TestRelay $folder -To $sink -Name inner
}

AfterAll {
    Stop-Everything
    Remove-Item $folder -Recurse
}

Describe 'Get-SmtpTlsRelay' {
    It 'lists all, sorted by name' {
        Get-SmtpTlsRelay | ForEach-Object Name | Should -Be 'edge', 'inner'
    }

    It 'finds by name in any case, by pattern, and from the pipeline' {
        [object]::ReferenceEquals((Get-SmtpTlsRelay EDGE), $edge) | Should -BeTrue
        (Get-SmtpTlsRelay i*).Name | Should -Be 'inner'
        ('edge', 'inner' | Get-SmtpTlsRelay).Name | Should -Be 'edge', 'inner'
        Get-SmtpTlsRelay none* | Should -BeNullOrEmpty
    }

    It 'names those that there are where a name does not exist, and goes on' {
        $found = Get-SmtpTlsRelay nobody, edge -ErrorVariable problem -ErrorAction SilentlyContinue
        $found.Name | Should -Be 'edge'
        $problem.FullyQualifiedErrorId | Should -Be 'InvalidInput,SmtpTls.Module.GetSmtpTlsRelayCommand'
        "$problem $($problem.Exception.Message)" | Should -BeLike '*nobody*edge, inner*'
    }

    It 'tells endpoints, routes, counters and the last error' {
        Send-TestMessage $edge -To b@test, c@test
        Wait-SmtpTlsRelay $edge -Drained -Timeout 30
        $relay = Get-SmtpTlsRelay edge
        $relay.IsRunning | Should -BeTrue
        $relay.Listeners[0].Endpoints[0].Port | Should -BeGreaterThan 0
        $relay.Routes[0].Domains | Should -Be '*'
        $relay.QueueLocation | Should -Be (Join-Path $folder edge.queue)
        $relay.Counters.Accepted | Should -Be 2
        $relay.Counters.Delivered | Should -Be 2
        $relay.LastError | Should -BeNullOrEmpty
    }

    It 'completes names' {
        (TabExpansion2 -inputScript 'Get-SmtpTlsRelay i').CompletionMatches.CompletionText | Should -Be 'inner'
        (TabExpansion2 -inputScript 'Get-SmtpTlsQueue -Relay ').CompletionMatches.CompletionText | Should -Be 'edge', 'inner'
    }

    It 'is seen from another runspace' {
        $manifest = Get-TestedManifest
        $job = Start-ThreadJob { Import-Module $using:manifest; (Get-SmtpTlsRelay).Name }
        $job | Wait-Job -Timeout 60 | Receive-Job | Should -Be 'edge', 'inner'
        $job | Remove-Job
    }
}
