BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
    $script:folder = New-TestFolder
    $script:sink = Start-SmtpTlsListener -Port 0 -Address 127.0.0.1 -Name sink
    $routes = (New-SmtpTlsRoute gone.example 127.0.0.1:1 -TlsLevel None), (New-SmtpTlsRoute * "127.0.0.1:$($sink.Port)" -TlsLevel None)
    $script:relay = Start-TestRelay $folder -With @{ Route = $routes }
    $script:before = [DateTimeOffset]::Now.AddSeconds(-1)
    Send-TestMessage $relay -To b@test
    Send-TestMessage $relay -To c@gone.example -From other@test
    Wait-SmtpTlsRelay $relay -Drained -Timeout 30
    $script:messageId = [regex]::Match(($sink | Receive-SmtpTlsMessage -Timeout 5).GetText(), '(?m)^Message-ID: (<.*>)').Groups[1].Value
}

AfterAll {
    Stop-Everything
    Remove-Item $folder -Recurse
}

Describe 'Get-SmtpTlsTrackingLog' {
    It 'tells what happened, in the order of time' {
        $entries = Get-SmtpTlsTrackingLog -Sender a@test -Since (Get-Date).AddHours(-1)
        $entries | Should -BeOfType ([SmtpTls.TrackingEvent])
        $entries.Kind | Should -Be 'Receive', 'Send'
        $entries.Queue | Should -Be 'edge', 'edge'
        $entries[0].Origin.Source | Should -Be 'edge'
        $entries[1].Recipients | Should -Be 'b@test'
        $entries[1].NextHop | Should -Be "127.0.0.1:$($sink.Port)"
        $entries[1].EndPoint | Should -Be "127.0.0.1:$($sink.Port)"
        $entries[1].TlsLevel | Should -Be 'None'
        $entries[1].Reply | Should -BeLike '250 *'
        $entries[1].Attempt | Should -Be 1
    }

    It 'filters by <what>' -ForEach @(
        @{ What = 'kind'; Get = { Get-SmtpTlsTrackingLog -Kind Defer }; Finds = 'Defer' }
        @{ What = 'kinds'; Get = { Get-SmtpTlsTrackingLog -Kind Defer, Send | Sort-Object Kind }; Finds = 'Send', 'Defer' }
        @{ What = 'sender'; Get = { Get-SmtpTlsTrackingLog -Sender 'OTHER@*' }; Finds = 'Receive', 'Defer' }
        @{ What = 'recipient'; Get = { Get-SmtpTlsTrackingLog -Recipient '*@gone.example' }; Finds = 'Receive', 'Defer' }
        @{ What = 'next hop'; Get = { Get-SmtpTlsTrackingLog -NextHop '127.0.0.1:1' }; Finds = 'Defer' }
        @{ What = 'Message-ID'; Get = { Get-SmtpTlsTrackingLog -MessageId $messageId }; Finds = 'Receive', 'Send' }
        @{ What = 'message'; Get = { Get-SmtpTlsMessage | Get-SmtpTlsTrackingLog }; Finds = 'Receive', 'Defer' }
        @{ What = 'id'; Get = { Get-SmtpTlsTrackingLog "$((Get-SmtpTlsMessage).Id)" }; Finds = 'Receive', 'Defer' }
        @{ What = 'time'; Get = { Get-SmtpTlsTrackingLog -Before $before }; Finds = @() }
        @{ What = 'number'; Get = { Get-SmtpTlsTrackingLog -First 1 }; Finds = 'Receive' }
        @{ What = 'the pipeline''s wish'; Get = { Get-SmtpTlsTrackingLog | Select-Object -First 1 }; Finds = 'Receive' }
        @{ What = 'queue'; Get = { Get-SmtpTlsTrackingLog -QueuePath "$folder/edge.queue" -Kind Send }; Finds = 'Send' }
        @{ What = 'relay'; Get = { Get-SmtpTlsRelay | Get-SmtpTlsTrackingLog -Kind Send }; Finds = 'Send' }
    ) {
        @(& $get | ForEach-Object { "$($_.Kind)" }) | Should -Be $finds
    }

    It 'tells why an attempt failed' {
        $entry = Get-SmtpTlsTrackingLog -Kind Defer
        $entry.Code | Should -Be 'ConnectFailed'
        $entry.Detail | Should -BeLike '*127.0.0.1*'
    }

    It 'completes kinds' {
        (TabExpansion2 -inputScript 'Get-SmtpTlsTrackingLog -Kind Ex').CompletionMatches.CompletionText | Should -Be 'Expire'
    }

    It 'is there when the relay has stopped' {
        Stop-SmtpTlsRelay $relay
        (Get-SmtpTlsTrackingLog -QueuePath "$folder/edge.queue" -Kind Send).Recipients | Should -Be 'b@test'
    }
}
