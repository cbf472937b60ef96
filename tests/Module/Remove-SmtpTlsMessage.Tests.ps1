BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
}

Describe 'Remove-SmtpTlsMessage' {
    BeforeEach {
        $script:folder = New-TestFolder
        $script:sink = Start-SmtpTlsListener -Port 0 -Address 127.0.0.1 -Name sink
        $routes = (New-SmtpTlsRoute gone.example 127.0.0.1:1 -TlsLevel None), (New-SmtpTlsRoute * "127.0.0.1:$($sink.Port)" -TlsLevel None)
        $script:relay = Start-TestRelay $folder -With @{ Route = $routes }
    }

    AfterEach {
        Stop-Everything
        Remove-Item $folder -Recurse
    }

    It 'takes messages out and tells their senders with -WithNdr' {
        Send-TestMessage $relay -To b@gone.example, c@gone.example -Subject 'to nobody'
        Get-SmtpTlsMessage -Recipient '*@gone.example' | Remove-SmtpTlsMessage -WithNdr -Confirm:$false | Should -BeNullOrEmpty
        $reports = $sink | Receive-SmtpTlsMessage -Count 2 -Timeout 30
        $reports.From | Should -Be '', ''
        $reports.To | Should -Be 'a@test', 'a@test'
        $texts = @($reports.GetText())
        @($texts -like '*Final-Recipient: rfc822; b@gone.example*').Count | Should -Be 1 -Because 'each report is about its own recipient, in whatever order they come'
        @($texts -like '*Final-Recipient: rfc822; c@gone.example*').Count | Should -Be 1
        Wait-SmtpTlsRelay -Drained -Timeout 30
        Get-SmtpTlsMessage | Should -BeNullOrEmpty
        $entries = Get-SmtpTlsTrackingLog -Kind Remove
        $entries.Recipients | Should -Be 'b@gone.example', 'c@gone.example'
        $entries[0].Detail | Should -BeLike "*$([Environment]::UserName)*"
    }

    It 'tells nobody without -WithNdr' {
        Send-TestMessage $relay -To b@gone.example
        Get-SmtpTlsMessage | Remove-SmtpTlsMessage -Confirm:$false
        Wait-SmtpTlsRelay -Drained -Timeout 30
        Get-SmtpTlsMessage | Should -BeNullOrEmpty
        $sink.Received | Should -Be 0
    }

    It 'goes through thousands' {
        $count = 2100
        $message = "From: a@test`r`nTo: b@gone.example`r`nSubject: many`r`n`r`nhello`r`n"
        $null = New-Item -ItemType Directory "$folder/many"
        1..$count | ForEach-Object { [IO.File]::WriteAllText("$folder/many/$_.eml", $message) }
        @(Import-SmtpTlsMessage "$folder/many/*.eml").Count | Should -Be $count
        (Get-SmtpTlsQueue 127.0.0.1:1).Total | Should -Be $count
        Get-SmtpTlsMessage -Recipient '*@gone.example' | Remove-SmtpTlsMessage -Confirm:$false -ErrorVariable problem
        $problem | Should -BeNullOrEmpty
        Get-SmtpTlsMessage | Should -BeNullOrEmpty
    }

    It 'names a message that is gone meanwhile, and removes the others' {
        Send-TestMessage $relay -To b@gone.example, c@gone.example
        $messages = Get-SmtpTlsMessage
        Remove-SmtpTlsMessage $messages[0] -Confirm:$false
        $messages | Remove-SmtpTlsMessage -Confirm:$false -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.FullyQualifiedErrorId | Should -Be 'QueueMessageNotFound,SmtpTls.Module.RemoveSmtpTlsMessageCommand'
        $problem.TargetObject | Should -Be $messages[0].Id
        "$($problem.Exception.Message)" | Should -BeLike "*$($messages[0].Id)*edge*"
        Get-SmtpTlsMessage | Should -BeNullOrEmpty
    }

    It 'asks unless told not to, and does nothing with -WhatIf' {
        (Get-Command Remove-SmtpTlsMessage).ImplementingType.GetCustomAttributes($true).ConfirmImpact | Should -Contain 'High'
        Send-TestMessage $relay -To b@gone.example
        Get-SmtpTlsMessage | Remove-SmtpTlsMessage -WhatIf
        @(Get-SmtpTlsMessage).Count | Should -Be 1
    }

    It 'works on a queue whose relay is not running; its notification goes out when it runs again' {
        Send-TestMessage $relay -To b@gone.example
        Stop-SmtpTlsRelay $relay
        Get-SmtpTlsMessage -QueuePath "$folder/edge.queue" | Remove-SmtpTlsMessage -WithNdr -Confirm:$false
        (Get-SmtpTlsMessage -QueuePath "$folder/edge.queue").Recipients.Recipient | Should -Be 'a@test'
        $null = Start-TestRelay $folder -To $sink
        ($sink | Receive-SmtpTlsMessage -Timeout 30).To | Should -Be 'a@test'
    }
}
