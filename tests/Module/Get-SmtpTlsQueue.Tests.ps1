BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
    $script:folder = New-TestFolder
    $routes = (New-SmtpTlsRoute one.test 127.0.0.1:1 -TlsLevel None), (New-SmtpTlsRoute * 127.0.0.1:2 -TlsLevel None)
    $script:relay = Start-TestRelay $folder -With @{ Route = $routes }
    Send-TestMessage $relay -To a@one.test, b@one.test, c@two.test
    Wait-SmtpTlsRelay $relay -Drained -Timeout 30
    Get-SmtpTlsMessage -Recipient a@one.test | Suspend-SmtpTlsMessage
}

AfterAll {
    Stop-Everything
    Remove-Item $folder -Recurse
}

Describe 'Get-SmtpTlsQueue' {
    It 'shows a row for each next hop' {
        $rows = Get-SmtpTlsQueue
        $rows.NextHop | Should -Be '127.0.0.1:1', '127.0.0.1:2'
        $rows.Queue | Should -Be 'edge', 'edge'
        $rows[0].Deferred | Should -Be 1
        $rows[0].Suspended | Should -Be 1
        $rows[1].Deferred | Should -Be 1
        $rows[1].Failures | Should -BeGreaterThan 0
        $rows[1].LastFailure | Should -Not -BeNullOrEmpty
        $rows[1].NextAttemptAt | Should -BeGreaterThan ([DateTimeOffset]::Now)
        $rows[1].Oldest | Should -BeLessThan ([DateTimeOffset]::Now)
    }

    It 'filters by next hop' {
        (Get-SmtpTlsQueue 127.0.0.1:2).NextHop | Should -Be '127.0.0.1:2'
        (Get-SmtpTlsQueue *:1, nothing).NextHop | Should -Be '127.0.0.1:1'
    }

    It 'takes the relay as <form>' -ForEach @(
        @{ Form = 'an object'; Get = { Get-SmtpTlsQueue -Relay $relay } }
        @{ Form = 'a name'; Get = { Get-SmtpTlsQueue -Relay EDGE } }
        @{ Form = 'a piped object'; Get = { Get-SmtpTlsRelay | Get-SmtpTlsQueue } }
        @{ Form = 'the path of its queue'; Get = { Get-SmtpTlsQueue -QueuePath "$folder/edge.queue" } }
    ) {
        $rows = & $get
        $rows.Count | Should -Be 2
        $rows.Queue | Should -Be 'edge', 'edge'
    }

    It 'names the relays that run where none of several was named' {
        $two = Start-TestRelay $folder -Name two
        try {
            $caught = { Get-SmtpTlsQueue } | Should -Throw -ErrorId 'InvalidInput,*' -PassThru
            $caught.Exception.Message | Should -BeLike '*2 relays*edge, two*'
            Get-SmtpTlsRelay | Get-SmtpTlsQueue | Should -HaveCount 2
        }
        finally {
            Stop-SmtpTlsRelay $two
        }
    }

    It 'says that a queue is not there, and makes none' {
        $caught = { Get-SmtpTlsQueue -QueuePath "$folder/nothing.queue" } | Should -Throw -PassThru
        $caught.Exception.Message | Should -BeLike '*nothing.queue*'
        "$folder/nothing.queue" | Should -Not -Exist
        { Get-SmtpTlsQueue -Relay nobody } | Should -Throw -ErrorId 'InvalidInput,*'
    }

    It 'completes next hops' {
        (TabExpansion2 -inputScript 'Get-SmtpTlsQueue -NextHop 127').CompletionMatches.CompletionText | Should -Be "'127.0.0.1:1'", "'127.0.0.1:2'"
    }

    It 'looks into the queue of a relay of another process while that runs' {
        $lines = Invoke-FreshPowerShell "Get-SmtpTlsQueue -QueuePath '$folder/edge.queue' | ForEach-Object { '{0} {1} {2}' -f `$_.NextHop, `$_.Deferred, `$_.Suspended }"
        $lines | Should -Be '127.0.0.1:1 1 1', '127.0.0.1:2 1 0'
    }
}

Describe 'Without a relay' {
    It 'says how to name a queue' {
        Invoke-FreshPowerShell 'try { Get-SmtpTlsQueue } catch { "$($_.FullyQualifiedErrorId) $($_.Exception.Message)" }' | Should -BeLike 'InvalidInput,*Start-SmtpTlsRelay*-QueuePath*'
    }
}
