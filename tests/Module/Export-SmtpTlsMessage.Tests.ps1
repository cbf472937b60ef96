BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
}

Describe 'Export-SmtpTlsMessage' {
    BeforeEach {
        $script:folder = New-TestFolder
        $script:relay = Start-TestRelay $folder
        Send-TestMessage $relay -To b@test, c@test -Subject exported
        $script:out = (New-Item -ItemType Directory "$folder/out").FullName
    }

    AfterEach {
        Stop-Everything
        Remove-Item $folder -Recurse
    }

    It 'writes each message to a file of its name and leaves it in the queue' {
        $files = Get-SmtpTlsMessage | Export-SmtpTlsMessage -Path $out
        $files | Should -BeOfType ([IO.FileInfo])
        $files.Name | Should -Be (Get-SmtpTlsMessage | ForEach-Object { "$($_.Id).eml" })
        $text = [IO.File]::ReadAllText($files[0].FullName)
        $text | Should -BeLike "Received: from *`r`nSubject: exported`r`n*"
        $text.Length | Should -Be (Get-SmtpTlsMessage -First 1).Size
    }

    It 'reads the folder relative to the current location' {
        Push-Location $out
        try {
            $file = Get-SmtpTlsMessage -First 1 | Export-SmtpTlsMessage -Path .
            $file.DirectoryName | Should -Be $out
        }
        finally {
            Pop-Location
        }
    }

    It 'overwrites nothing, says so, and writes the others' {
        $first = Get-SmtpTlsMessage -First 1
        Set-Content "$out/$($first.Id).eml" mine
        $files = Get-SmtpTlsMessage | Export-SmtpTlsMessage -Path $out -ErrorVariable problem -ErrorAction SilentlyContinue
        @($files).Count | Should -Be 1
        $problem.FullyQualifiedErrorId | Should -Be 'InvalidInput,SmtpTls.Module.ExportSmtpTlsMessageCommand'
        Get-Content "$out/$($first.Id).eml" | Should -Be 'mine'
    }

    It 'names a message that is not in the queue' {
        Export-SmtpTlsMessage 0000000000001 $out -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem.FullyQualifiedErrorId | Should -Be 'QueueMessageNotFound,SmtpTls.Module.ExportSmtpTlsMessageCommand'
    }

    It 'says that a folder is not there' {
        Get-SmtpTlsMessage -First 1 | Export-SmtpTlsMessage -Path "$folder/none" -ErrorVariable problem -ErrorAction SilentlyContinue
        "$($problem.Exception.Message)" | Should -BeLike '*none*'
    }

    It 'writes nothing with -WhatIf' {
        Get-SmtpTlsMessage | Export-SmtpTlsMessage -Path $out -WhatIf
        Get-ChildItem $out | Should -BeNullOrEmpty
    }
}
