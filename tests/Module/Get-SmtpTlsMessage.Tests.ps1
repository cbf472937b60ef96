BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
    $script:folder = New-TestFolder
    $routes = (New-SmtpTlsRoute one.test 127.0.0.1:1 -TlsLevel None), (New-SmtpTlsRoute * 127.0.0.1:2 -TlsLevel None)
    $script:relay = Start-TestRelay $folder -With @{ Route = $routes }
    $script:before = [DateTimeOffset]::Now
    Send-TestMessage $relay -To a@one.test -Subject 'Grüße' -From first@test
    Send-TestMessage $relay -To b@one.test, c@two.test, d@two.test
    Wait-SmtpTlsRelay $relay -Drained -Timeout 30
    $script:after = [DateTimeOffset]::Now.AddSeconds(1)
    Get-SmtpTlsMessage -Recipient d@* | Suspend-SmtpTlsMessage
    function Get-Address { param([Parameter(ValueFromPipeline)] $Message) process { $Message.Recipients.Recipient } }
}

AfterAll {
    Stop-Everything
    Remove-Item $folder -Recurse
}

Describe 'Get-SmtpTlsMessage' {
    It 'lists messages in the order of their acceptance, with what is known of each' {
        $all = Get-SmtpTlsMessage
        $all | Get-Address | Should -Be 'a@one.test', 'b@one.test', 'c@two.test', 'd@two.test'
        $first = $all[0]
        $first | Should -BeOfType ([SmtpTls.QueuedMessage])
        "$($first.Id)" | Should -Match '^[0-9A-HJKMNP-TV-Z]{13}$'
        $first.Queue | Should -Be 'edge'
        $first.Subject | Should -Be 'Grüße'
        $first.From | Should -Be 'first@test'
        $first.State | Should -Be 'Deferred'
        $first.Attempts | Should -BeGreaterThan 0
        $first.LastFailure | Should -Not -BeNullOrEmpty
        $first.Recipients[0].NextHop | Should -Be '127.0.0.1:1'
        $first.Origin.Kind | Should -Be 'Smtp'
        $first.Origin.Source | Should -Be 'edge'
    }

    It 'filters by <what>' -ForEach @(
        @{ What = 'state'; Get = { Get-SmtpTlsMessage -State Suspended }; Finds = 'd@two.test' }
        @{ What = 'sender'; Get = { Get-SmtpTlsMessage -Sender FIRST@* }; Finds = 'a@one.test' }
        @{ What = 'no sender'; Get = { Get-SmtpTlsMessage -Sender '' }; Finds = @() }
        @{ What = 'recipient'; Get = { Get-SmtpTlsMessage -Recipient '?@two.test' }; Finds = 'c@two.test', 'd@two.test' }
        @{ What = 'next hop'; Get = { Get-SmtpTlsMessage -NextHop 127.0.0.1:2 }; Finds = 'c@two.test', 'd@two.test' }
        @{ What = 'time'; Get = { Get-SmtpTlsMessage -Since $before -Before $after }; Finds = 'a@one.test', 'b@one.test', 'c@two.test', 'd@two.test' }
        @{ What = 'time, as Get-Date gives it'; Get = { Get-SmtpTlsMessage -Since (Get-Date).AddHours(1) }; Finds = @() }
        @{ What = 'several at once'; Get = { Get-SmtpTlsMessage -State Deferred -Recipient '*@two.test' }; Finds = 'c@two.test' }
        @{ What = 'number'; Get = { Get-SmtpTlsMessage -First 2 }; Finds = 'a@one.test', 'b@one.test' }
        @{ What = 'the pipeline''s wish'; Get = { Get-SmtpTlsMessage | Select-Object -First 3 }; Finds = 'a@one.test', 'b@one.test', 'c@two.test' }
        @{ What = 'rows of the queue'; Get = { Get-SmtpTlsQueue *:2 | Get-SmtpTlsMessage }; Finds = 'c@two.test', 'd@two.test' }
        @{ What = 'entries of the tracking log'; Get = { Get-SmtpTlsTrackingLog -Kind Receive -Recipient b@* | Get-SmtpTlsMessage }; Finds = 'b@one.test' }
        @{ What = 'queue'; Get = { Get-SmtpTlsMessage -QueuePath "$folder/edge.queue" -First 1 }; Finds = 'a@one.test' }
        @{ What = 'relay'; Get = { $relay | Get-SmtpTlsMessage -First 1 }; Finds = 'a@one.test' }
    ) {
        @(& $get | Get-Address) | Should -Be $finds
    }

    It 'finds by id, in any case and form' {
        $message = Get-SmtpTlsMessage -Recipient c@*
        (Get-SmtpTlsMessage "$($message.Id)".ToLowerInvariant()).Id | Should -Be $message.Id
        (Get-SmtpTlsMessage -Id $message.Id).Id | Should -Be $message.Id
        (Get-SmtpTlsMessage $message).Id | Should -Be $message.Id
        ([pscustomobject]@{ Id = "$($message.Id)" } | Get-SmtpTlsMessage).Id | Should -Be $message.Id
    }

    It 'says that a message is not in the queue, and goes on' {
        $there = Get-SmtpTlsMessage -First 1
        $found = Get-SmtpTlsMessage -Id '0000000000001', $there.Id -ErrorVariable problem -ErrorAction SilentlyContinue
        $found.Id | Should -Be $there.Id
        $problem.FullyQualifiedErrorId | Should -Be 'QueueMessageNotFound,SmtpTls.Module.GetSmtpTlsMessageCommand'
        $problem.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        "$($problem.Exception.Message)" | Should -BeLike '*0000000000001*edge*'
    }

    It 'says what is no id' {
        { Get-SmtpTlsMessage -Id 'x' } | Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
    }

    It 'completes ids and states' {
        $ids = (Get-SmtpTlsMessage).Id | ForEach-Object { "$_" }
        (TabExpansion2 -inputScript 'Get-SmtpTlsMessage -Id ').CompletionMatches.CompletionText | Should -Be $ids
        (TabExpansion2 -inputScript "Get-SmtpTlsMessage -Relay edge -Id $($ids[1])").CompletionMatches.CompletionText | Should -Be $ids[1]
        (TabExpansion2 -inputScript 'Get-SmtpTlsMessage -State Sus').CompletionMatches.CompletionText | Should -Be 'Suspended'
        (TabExpansion2 -inputScript 'Get-SmtpTlsMessage -NextHop ').CompletionMatches.CompletionText | Should -Be "'127.0.0.1:1'", "'127.0.0.1:2'"
    }

    It 'refuses a relay and a path at once' {
        { Get-SmtpTlsMessage -Relay edge -QueuePath "$folder/edge.queue" } | Should -Throw -ErrorId 'AmbiguousParameterSet,*'
    }

    It 'reads a queue whose relay has stopped' {
        $other = New-TestFolder
        try {
            $stopped = Start-TestRelay $other -Name stopped
            Send-TestMessage $stopped
            Stop-SmtpTlsRelay $stopped
            $found = Get-SmtpTlsMessage -QueuePath "$other/stopped.queue"
            $found.Queue | Should -Be (Join-Path $other stopped.queue)
            (Get-SmtpTlsMessage -Relay $stopped).Id | Should -Be $found.Id
            ($found | Get-SmtpTlsMessage).Id | Should -Be $found.Id
        }
        finally {
            Remove-Item $other -Recurse
        }
    }
}
