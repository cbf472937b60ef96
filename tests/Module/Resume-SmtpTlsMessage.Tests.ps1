BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
}

Describe 'Resume-SmtpTlsMessage' {
    BeforeEach {
        $script:folder = New-TestFolder
        $script:relay = Start-TestRelay $folder
        Send-TestMessage $relay -To b@test, c@test
        Wait-SmtpTlsRelay -Drained -Timeout 30
        Get-SmtpTlsMessage | Suspend-SmtpTlsMessage
    }

    AfterEach {
        Stop-Everything
        Remove-Item $folder -Recurse
    }

    It 'lets suspended messages go on' {
        Get-SmtpTlsMessage -Recipient b@* | Resume-SmtpTlsMessage
        (Get-SmtpTlsMessage -State Suspended).Recipients.Recipient | Should -Be 'c@test'
        (Get-SmtpTlsMessage -Recipient b@*).State | Should -BeIn 'Deferred', 'Ready', 'Active'
    }

    It 'has them delivered where they are due' {
        Stop-SmtpTlsRelay $relay
        $sink = Start-SmtpTlsListener -Port 0 -Address 127.0.0.1
        $null = Start-TestRelay $folder -To $sink
        $held = Get-SmtpTlsMessage -State Suspended
        Resume-SmtpTlsMessage $held
        Start-SmtpTlsDelivery $held
        ($sink | Receive-SmtpTlsMessage -Count 2 -Timeout 30).To | Sort-Object | Should -Be 'b@test', 'c@test'
    }

    It 'changes nothing at a message that is not suspended' {
        $message = Get-SmtpTlsMessage -First 1
        Resume-SmtpTlsMessage $message
        Resume-SmtpTlsMessage $message -ErrorVariable problem
        $problem | Should -BeNullOrEmpty
    }

    It 'works on a queue by its path' {
        Stop-SmtpTlsRelay $relay
        $message = Get-SmtpTlsMessage -QueuePath "$folder/edge.queue" -First 1
        Resume-SmtpTlsMessage -QueuePath "$folder/edge.queue" -Id $message.Id
        @(Get-SmtpTlsMessage -QueuePath "$folder/edge.queue" -State Suspended).Count | Should -Be 1
    }
}
