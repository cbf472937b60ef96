BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
}

Describe 'Stop-SmtpTlsListener' {
    BeforeEach {
        $script:one = Start-SmtpTlsListener -Port 0 -Name test-one
        $script:two = Start-SmtpTlsListener -Port 0 -Name test-two
    }

    AfterEach { Get-SmtpTlsListener | Stop-SmtpTlsListener -DrainTimeout 0 }

    It 'stops what comes through the pipeline' {
        Get-SmtpTlsListener | Stop-SmtpTlsListener | Should -BeNullOrEmpty
        $one.IsRunning, $two.IsRunning | Should -Be $false, $false
        Get-SmtpTlsListener | Should -BeNullOrEmpty
    }

    It 'stops by name, by pattern and by names from the pipeline' {
        Stop-SmtpTlsListener -Name test-one
        (Get-SmtpTlsListener).Name | Should -Be 'test-two'
        'test-t*' | Stop-SmtpTlsListener
        Get-SmtpTlsListener | Should -BeNullOrEmpty
    }

    It 'frees the port and the name' {
        $one | Stop-SmtpTlsListener
        (Start-SmtpTlsListener -Port $one.Port -Name test-one).IsRunning | Should -BeTrue
    }

    It 'is quiet about a listener that was stopped already' {
        $one | Stop-SmtpTlsListener
        { $one | Stop-SmtpTlsListener -ErrorAction Stop } | Should -Not -Throw
    }

    It 'stops nothing with -WhatIf' {
        Get-SmtpTlsListener | Stop-SmtpTlsListener -WhatIf
        $one.IsRunning, $two.IsRunning | Should -Be $true, $true
    }

    It 'has an error for a name that does not exist and goes on' {
        Stop-SmtpTlsListener nobody, test-two -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'InvalidInput,*'
        $two.IsRunning | Should -BeFalse
    }

    It 'leaves what was captured to be received' {
        $null = Send-SmtpTlsMessage localhost -Port $one.Port -TlsMode None -From a@test -To b@test -Subject kept
        $one | Stop-SmtpTlsListener
        ($one | Receive-SmtpTlsMessage -Timeout 5).Subject | Should -Be 'kept'
    }

    It 'says goodbye to sessions that have no message under way' {
        $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $one.Port)
        try {
            $reader = [IO.StreamReader]::new($client.GetStream())
            $reader.ReadLine() | Should -BeLike '220 *'
            $one | Stop-SmtpTlsListener
            $reader.ReadLine() | Should -BeLike '421 *'
        }
        finally {
            $client.Dispose()
        }
    }
}
