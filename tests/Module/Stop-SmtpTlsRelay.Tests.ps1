BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
}

Describe 'Stop-SmtpTlsRelay' {
    BeforeEach { $script:folder = New-TestFolder }

    AfterEach {
        Stop-Everything
        Remove-Item $folder -Recurse
    }

    It 'stops a relay with its listeners, given as <form>' -ForEach @(
        @{ Form = 'the object'; Stop = { Stop-SmtpTlsRelay $relay } }
        @{ Form = 'its name'; Stop = { Stop-SmtpTlsRelay EDGE } }
        @{ Form = 'a pattern'; Stop = { Stop-SmtpTlsRelay -Name e* } }
        @{ Form = 'a piped object'; Stop = { Get-SmtpTlsRelay | Stop-SmtpTlsRelay } }
        @{ Form = 'a piped name'; Stop = { 'edge' | Stop-SmtpTlsRelay } }
    ) {
        $relay = Start-TestRelay $folder
        & $stop | Should -BeNullOrEmpty
        $relay.IsRunning | Should -BeFalse
        Get-SmtpTlsRelay | Should -BeNullOrEmpty
        Get-SmtpTlsListener | Should -BeNullOrEmpty
    }

    It 'delivers what is due first with -Drain' {
        $sink = Start-SmtpTlsListener -Port 0 -Address 127.0.0.1
        $relay = Start-TestRelay $folder -To $sink
        Send-TestMessage $relay -To (1..20 | ForEach-Object { "b$_@test" })
        Stop-SmtpTlsRelay $relay -Drain -Timeout 60
        @($sink | Receive-SmtpTlsMessage -Count 20 -Timeout 0).Count | Should -Be 20
    }

    It 'keeps what it could not deliver' {
        $relay = Start-TestRelay $folder
        Send-TestMessage $relay -To b@test, c@test
        Stop-SmtpTlsRelay $relay -Drain -Timeout 30
        (Get-SmtpTlsMessage -QueuePath "$folder/edge.queue").Recipients.Recipient | Should -Be 'b@test', 'c@test'
    }

    It 'lets go of the queue' {
        Stop-SmtpTlsRelay (Start-TestRelay $folder)
        (Start-TestRelay $folder).IsRunning | Should -BeTrue
    }

    It 'stops a relay that has stopped without complaint, and one that is there twice once' {
        $relay = Start-TestRelay $folder
        Stop-SmtpTlsRelay $relay, $relay
        Stop-SmtpTlsRelay $relay
        $relay.IsRunning | Should -BeFalse
    }

    It 'says that a name does not exist, and stops the others' {
        $relay = Start-TestRelay $folder
        Stop-SmtpTlsRelay nobody, edge -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.FullyQualifiedErrorId | Should -Be 'InvalidInput,SmtpTls.Module.StopSmtpTlsRelayCommand'
        $problem.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $relay.IsRunning | Should -BeFalse
    }

    It 'stops nothing with -WhatIf' {
        $relay = Start-TestRelay $folder
        Stop-SmtpTlsRelay $relay -WhatIf
        $relay.IsRunning | Should -BeTrue
    }
}
