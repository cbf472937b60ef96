BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
}

Describe 'Get-SmtpTlsListener' {
    BeforeAll {
        $script:one = Start-SmtpTlsListener -Port 0 -Name test-one
        $script:two = Start-SmtpTlsListener -Port 0 -Name test-two
        $script:odd = Start-SmtpTlsListener -Port 0 -Name "it's odd"
    }

    AfterAll { Get-SmtpTlsListener | Stop-SmtpTlsListener -DrainTimeout 0 }

    It 'lists all, sorted by name' {
        (Get-SmtpTlsListener).Name | Should -Be "it's odd", 'test-one', 'test-two'
    }

    It 'finds by name in any case, by pattern, and from the pipeline' {
        Get-SmtpTlsListener TEST-ONE | Should -Be $one
        (Get-SmtpTlsListener test-*).Name | Should -Be 'test-one', 'test-two'
        ('test-two' | Get-SmtpTlsListener) | Should -Be $two
    }

    It 'has an error for a name that does not exist, which names those that do' {
        $found = Get-SmtpTlsListener nobody -ErrorVariable failed -ErrorAction SilentlyContinue
        $found | Should -BeNullOrEmpty
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'InvalidInput,*'
        $failed[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failed[0].Exception.Message | Should -BeLike '*nobody*test-one, test-two*'
    }

    It 'has none for a pattern that matches nothing' {
        Get-SmtpTlsListener nobody* -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'sees the listeners of other runspaces' {
        $path = Get-TestedManifest
        $names = Start-ThreadJob { Import-Module $using:path; (Get-SmtpTlsListener test-*).Name } | Receive-Job -Wait -AutoRemoveJob
        $names | Should -Be 'test-one', 'test-two'
    }

    It 'completes names for <_>' -ForEach 'Get-SmtpTlsListener -Name ', 'Stop-SmtpTlsListener -Name ', 'Receive-SmtpTlsMessage -Listener ' {
        (TabExpansion2 "$($_)test").CompletionMatches.CompletionText | Should -Be 'test-one', 'test-two'
        (TabExpansion2 "$($_)it").CompletionMatches.CompletionText | Should -Be "'it''s odd'"
    }

    It 'shows live objects' {
        $before = $one.Received
        $null = Send-SmtpTlsMessage localhost -Port $one.Port -TlsMode None -From a@test -To b@test
        (Get-SmtpTlsListener test-one).Received | Should -Be ($before + 1)
    }
}
