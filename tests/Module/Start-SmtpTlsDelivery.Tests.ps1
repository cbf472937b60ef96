BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
}

Describe 'Start-SmtpTlsDelivery' {
    BeforeEach {
        $script:folder = New-TestFolder
        $script:relay = Start-TestRelay $folder
        Send-TestMessage $relay -To b@test, c@test
        Wait-SmtpTlsRelay -Drained -Timeout 30

        # A next hop that fails is backed off as a whole: one of the two tells of it, and the other waits with it.
        $script:before = @(Get-SmtpTlsTrackingLog -Kind Defer).Count
    }

    AfterEach {
        Stop-Everything
        Remove-Item $folder -Recurse
    }

    It 'has deferred messages tried now' {
        Get-SmtpTlsMessage -Relay edge -State Deferred | Start-SmtpTlsDelivery | Should -BeNullOrEmpty
        Wait-SmtpTlsRelay -Drained -Timeout 30
        @(Get-SmtpTlsTrackingLog -Kind Defer).Count | Should -BeGreaterThan $before
        @(Get-SmtpTlsMessage -State Deferred).Count | Should -Be 2
    }

    It 'delivers what was queued before there was anywhere to go' {
        Stop-SmtpTlsRelay $relay
        $sink = Start-SmtpTlsListener -Port 0 -Address 127.0.0.1
        $null = Start-TestRelay $folder -To $sink

        # What is due goes by itself meanwhile.
        Get-SmtpTlsQueue | Get-SmtpTlsMessage | Start-SmtpTlsDelivery -ErrorAction SilentlyContinue
        ($sink | Receive-SmtpTlsMessage -Count 2 -Timeout 30).To | Sort-Object | Should -Be 'b@test', 'c@test'
    }

    It 'passes over a suspended message and says so' {
        $held = Get-SmtpTlsMessage -Recipient b@*
        Suspend-SmtpTlsMessage $held
        Get-SmtpTlsMessage | Start-SmtpTlsDelivery -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.FullyQualifiedErrorId | Should -Be 'InvalidInput,SmtpTls.Module.StartSmtpTlsDeliveryCommand'
        $problem.TargetObject | Should -Be $held.Id
        "$($problem.Exception.Message)" | Should -BeLike "*$($held.Id)*suspended*Resume-SmtpTlsMessage*"
        (Get-SmtpTlsMessage -Recipient b@*).State | Should -Be 'Suspended'
    }

    It 'says that a message is not in the queue' {
        Start-SmtpTlsDelivery 0000000000001 -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.FullyQualifiedErrorId | Should -Be 'QueueMessageNotFound,SmtpTls.Module.StartSmtpTlsDeliveryCommand'
    }

    It 'is heeded by the relay of another process' {
        $lines = Invoke-FreshPowerShell "Get-SmtpTlsMessage -QueuePath '$folder/edge.queue' | Start-SmtpTlsDelivery; 'done'"
        $lines | Should -Be 'done'
        $clock = [Diagnostics.Stopwatch]::StartNew()
        do {
            Wait-SmtpTlsRelay -Drained -Timeout 30
            $tried = @(Get-SmtpTlsTrackingLog -Kind Defer).Count
        } until ($tried -gt $before -or $clock.Elapsed.TotalSeconds -gt 30)
        $tried | Should -BeGreaterThan $before
    }
}
