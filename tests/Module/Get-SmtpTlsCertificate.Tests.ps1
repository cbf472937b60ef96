BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
    $script:cert = New-SmtpTlsCertificate mail.test, localhost -Intermediate -ValidDays 20
    $script:listener = Start-SmtpTlsListener -Port 0 -Certificate $cert -StartTls Always -WarningAction SilentlyContinue
    $script:how = @{ Address = '127.0.0.1'; Port = $listener.Port }
}

AfterAll { Get-SmtpTlsListener | Stop-SmtpTlsListener -DrainTimeout 0 }

Describe 'Get-SmtpTlsCertificate' {
    It 'tells all about a certificate that holds' {
        $record = Get-SmtpTlsCertificate mail.test @how -TrustedCertificate $cert
        $record | Should -BeOfType ([SmtpTls.CertificateResult])
        $record.Verified, $record.NameMatches, $record.ChainTrusted | Should -Be $true, $true, $true
        $record.Subject | Should -Be 'CN=mail.test'
        $record.DnsNames | Should -Be 'mail.test', 'localhost'
        $record.Thumbprint | Should -Be $cert.Thumbprint
        $record.Chain.Count | Should -Be 2
        $record.Chain[1].Subject | Should -Be $cert.Chain[0].Subject
        $record.SpkiSha256 | Should -Match '^[0-9A-F]{64}$'
        [Security.Cryptography.X509Certificates.X509Certificate2]::CreateFromPem($record.Pem).Thumbprint | Should -Be $cert.Thumbprint
    }

    It 'returns a certificate that does not hold, and says why' {
        $record = Get-SmtpTlsCertificate wrong.test @how
        $record.Verified, $record.NameMatches, $record.ChainTrusted | Should -Be $false, $false, $false
        $record.Thumbprint | Should -Be $cert.Thumbprint
        $record.Findings.Code | Should -Contain 'NameMismatch'
        $record.Findings.Code | Should -Contain 'ChainIncomplete'
        $record.Failure | Should -BeNullOrEmpty
    }

    It 'filters by days left' {
        $fresh = Start-SmtpTlsListener -Port 0 -Certificate (New-SmtpTlsCertificate mail.test) -StartTls Always
        $soon = "127.0.0.1:$($listener.Port)", "127.0.0.1:$($fresh.Port)" | Get-SmtpTlsCertificate | Where-Object DaysLeft -lt 30
        $soon.Port | Should -Be $listener.Port
        $soon.DaysLeft | Should -BeIn 19, 20
        $soon.Findings.Code | Should -Contain 'CertificateExpiresSoon'
    }

    It 'binds NameExchange by property name' {
        ([pscustomobject]@{ NameExchange = 'mail.test'; Name = 'test' } | Get-SmtpTlsCertificate @how).Target | Should -Be 'mail.test'
    }

    It 'says by which rule the identity was compared' {
        $record = Get-SmtpTlsCertificate mail.test @how -TrustedCertificate $cert -TlsIdentity Address
        $record.NameMatches | Should -BeFalse
        $record.Findings.Code | Should -Contain 'AddressIdentityUsed'
        (Get-SmtpTlsCertificate 127.0.0.1 -Port $listener.Port -ServerName localhost -TrustedCertificate $cert).Verified | Should -BeTrue
    }

    It 'has a record, not an error, where there is no certificate to see' {
        $plain = Start-SmtpTlsListener -Port 0 -Name plain
        $record = Get-SmtpTlsCertificate 127.0.0.1 -Port $plain.Port -NoSecondLook -ErrorAction Stop
        $record.DaysLeft | Should -BeNullOrEmpty
        $record.Failure | Should -Not -BeNullOrEmpty
        $record.Verified | Should -BeFalse
    }

    It 'has an error for what is no server name' {
        { Get-SmtpTlsCertificate 'a b' -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidInput,*'
    }
}
