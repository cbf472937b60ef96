BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
}

Describe 'Import-SmtpTlsMessage' {
    BeforeEach {
        $script:folder = New-TestFolder
        $script:sink = Start-SmtpTlsListener -Port 0 -Address 127.0.0.1 -Name sink
        $script:relay = Start-TestRelay $folder -To $sink
        [IO.File]::WriteAllText("$folder/x.eml", "From: a@test`r`nTo: b@test, c@test`r`nBcc: d@test`r`nSubject: imported`r`n`r`nhello`r`n")
        [IO.File]::WriteAllText("$folder/y.eml", "From: a@test`r`nTo: e@test`r`nSubject: imported too`r`n`r`nhello`r`n")
    }

    AfterEach {
        Stop-Everything
        Remove-Item $folder -Recurse
    }

    It 'puts a message into the queue, its envelope from its header' {
        $id = Import-SmtpTlsMessage "$folder/x.eml"
        $id | Should -BeOfType ([SmtpTls.QueueId])
        $message = $sink | Receive-SmtpTlsMessage -Timeout 30
        $message.From | Should -Be 'a@test'
        $message.To | Should -Be 'b@test', 'c@test', 'd@test'
        $message.GetText() | Should -Not -BeLike '*Bcc*'
        "$folder/x.eml" | Should -Exist
        $received = Get-SmtpTlsTrackingLog -Id $id -Kind Receive
        $received.Origin.Kind | Should -Be 'Import'
        $received.Origin.Source | Should -Be 'x.eml'
        ($id | Out-String).Trim() | Should -Be "$id"
    }

    It 'takes the envelope that it is given' {
        $null = Import-SmtpTlsMessage "$folder/x.eml" -From '' -To z@test
        $message = $sink | Receive-SmtpTlsMessage -Timeout 30
        $message.From | Should -Be ''
        $message.To | Should -Be 'z@test'
    }

    It 'takes files as <form>' -ForEach @(
        @{ Form = 'a pattern'; Import = { Import-SmtpTlsMessage "$folder/*.eml" } }
        @{ Form = 'several paths'; Import = { Import-SmtpTlsMessage "$folder/x.eml", "$folder/y.eml" -Relay $relay } }
        @{ Form = 'piped files'; Import = { Get-ChildItem "$folder/*.eml" | Import-SmtpTlsMessage -Relay edge } }
        @{ Form = 'piped paths'; Import = { "$folder/x.eml", "$folder/y.eml" | Import-SmtpTlsMessage } }
        @{ Form = 'relative paths'; Import = { Push-Location $folder; try { Import-SmtpTlsMessage x.eml, ./y.eml } finally { Pop-Location } } }
    ) {
        @(& $import).Count | Should -Be 2
        ($sink | Receive-SmtpTlsMessage -Count 2 -Timeout 30).Subject | Sort-Object | Should -Be 'imported', 'imported too'
    }

    It 'takes a name with brackets as it is by -LiteralPath' {
        Copy-Item "$folder/x.eml" "$folder/[1].eml"
        Import-SmtpTlsMessage -LiteralPath "$folder/[1].eml" | Should -Not -BeNullOrEmpty
    }

    It 'says what is wrong with <what>, and takes the others' -ForEach @(
        @{ What = 'a file that is not there'; File = { "$folder/none.eml" }; Says = '*none.eml*' }
        @{ What = 'a message without a recipient'; File = { Set-Content "$folder/empty.eml" "From: a@test`r`nSubject: nobody`r`n`r`nhello"; "$folder/empty.eml" }; Says = '*empty.eml*' }
    ) {
        $bad = & $file
        $ids = Import-SmtpTlsMessage $bad, "$folder/y.eml" -ErrorVariable problem -ErrorAction SilentlyContinue
        @($ids).Count | Should -Be 1
        $problem.FullyQualifiedErrorId | Should -Be 'InvalidInput,SmtpTls.Module.ImportSmtpTlsMessageCommand'
        $problem.TargetObject | Should -Be $bad
        "$($problem.Exception.Message)" | Should -BeLike $says
    }

    It 'says that no route leads to a recipient' {
        Stop-SmtpTlsRelay $relay
        $null = Start-TestRelay $folder -With @{ Route = New-SmtpTlsRoute partner.example 127.0.0.1:1 -TlsLevel None }
        Import-SmtpTlsMessage "$folder/y.eml" -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        "$($problem.Exception.Message)" | Should -BeLike '*e@test*'
    }

    It 'takes nothing with -WhatIf' {
        Import-SmtpTlsMessage "$folder/x.eml" -WhatIf | Should -BeNullOrEmpty
        Get-SmtpTlsTrackingLog | Should -BeNullOrEmpty
    }
}
