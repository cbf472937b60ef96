BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
}

Describe 'Suspend-SmtpTlsMessage' {
    BeforeEach {
        $script:folder = New-TestFolder
        $script:relay = Start-TestRelay $folder
        Send-TestMessage $relay -To b@test, c@test
    }

    AfterEach {
        Stop-Everything
        Remove-Item $folder -Recurse
    }

    It 'holds messages, given as <form>' -ForEach @(
        @{ Form = 'objects'; Suspend = { Suspend-SmtpTlsMessage (Get-SmtpTlsMessage -Recipient b@*) } }
        @{ Form = 'piped objects'; Suspend = { Get-SmtpTlsMessage -Recipient b@* | Suspend-SmtpTlsMessage } }
        @{ Form = 'ids'; Suspend = { Suspend-SmtpTlsMessage -Relay edge -Id "$((Get-SmtpTlsMessage -Recipient b@*).Id)" } }
        @{ Form = 'piped ids'; Suspend = { "$((Get-SmtpTlsMessage -Recipient b@*).Id)" | Suspend-SmtpTlsMessage } }
        @{ Form = 'objects with properties'; Suspend = { Get-SmtpTlsMessage -Recipient b@* | Select-Object Id, Queue | Suspend-SmtpTlsMessage } }
        @{ Form = 'rows of a CSV file'; Suspend = { Get-SmtpTlsMessage -Recipient b@* | Select-Object Id, Queue | ConvertTo-Csv | ConvertFrom-Csv | Suspend-SmtpTlsMessage } }
        @{ Form = 'entries of the tracking log'; Suspend = { Get-SmtpTlsTrackingLog -Kind Receive -Recipient b@* | Suspend-SmtpTlsMessage } }
    ) {
        & $suspend | Should -BeNullOrEmpty
        Wait-SmtpTlsRelay -Drained -Timeout 30
        (Get-SmtpTlsMessage -State Suspended).Recipients.Recipient | Should -Be 'b@test'
        (Get-SmtpTlsMessage -State Deferred).Recipients.Recipient | Should -Be 'c@test'
    }

    It 'knows the queue of each message, among several relays' {
        $two = Start-TestRelay $folder -Name two
        Send-TestMessage $two -To d@test
        Get-SmtpTlsRelay | Get-SmtpTlsMessage | Suspend-SmtpTlsMessage
        @(Get-SmtpTlsMessage -Relay edge -State Suspended).Count | Should -Be 2
        @(Get-SmtpTlsMessage -Relay two -State Suspended).Count | Should -Be 1
    }

    It 'says that a message of a queue that is nowhere cannot be found' {
        $message = Get-SmtpTlsMessage -First 1
        $strange = [pscustomobject]@{ Id = $message.Id; Queue = 'elsewhere' }
        $caught = { $strange | Suspend-SmtpTlsMessage } | Should -Throw -ErrorId 'InvalidInput,*' -PassThru
        $caught.Exception.Message | Should -BeLike '*elsewhere*edge*-QueuePath*'
        $strange | Suspend-SmtpTlsMessage -Relay edge
        (Get-SmtpTlsMessage -State Suspended).Id | Should -Be $message.Id
    }

    It 'says that a message is not in the queue' {
        Suspend-SmtpTlsMessage 0000000000001 -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.FullyQualifiedErrorId | Should -Be 'QueueMessageNotFound,SmtpTls.Module.SuspendSmtpTlsMessageCommand'
    }

    It 'outlives the relay' {
        Get-SmtpTlsMessage | Suspend-SmtpTlsMessage
        Stop-SmtpTlsRelay $relay
        $sink = Start-SmtpTlsListener -Port 0 -Address 127.0.0.1
        $null = Start-TestRelay $folder -To $sink
        Wait-SmtpTlsRelay -Drained -Timeout 30
        @(Get-SmtpTlsMessage -State Suspended).Count | Should -Be 2
        $sink.Received | Should -Be 0
    }

    It 'does nothing with -WhatIf' {
        Get-SmtpTlsMessage | Suspend-SmtpTlsMessage -WhatIf
        Get-SmtpTlsMessage -State Suspended | Should -BeNullOrEmpty
    }
}
