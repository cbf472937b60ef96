BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
}

Describe 'New-SmtpTlsCertificate' {
    It 'puts every name into the certificate and keeps the key with it' {
        $cert = New-SmtpTlsCertificate -DnsName mail.test, '*.contoso.test', 192.0.2.1
        $cert | Should -BeOfType ([SmtpTls.IssuedCertificate])
        $cert.DnsNames | Should -Be 'mail.test', '*.contoso.test'
        $cert.Certificate.HasPrivateKey | Should -BeTrue
        $cert.Certificate.Subject | Should -Be 'CN=mail.test'
    }

    It 'comes with the issuer to trust, which has no key' {
        $cert = New-SmtpTlsCertificate mail.test
        $cert.Issuer.Subject | Should -Be $cert.Certificate.Issuer
        $cert.Issuer.HasPrivateKey | Should -BeFalse
    }

    It 'makes a <kind> key' -ForEach @(
        @{ Kind = 'EcdsaP256'; Algorithm = 'ECC' }
        @{ Kind = 'Rsa2048'; Algorithm = 'RSA' }
    ) {
        $key = (New-SmtpTlsCertificate mail.test -KeyKind $kind).Certificate.PublicKey.Oid.FriendlyName
        $key | Should -Be $algorithm
    }

    It 'expires after -ValidDays, and after a year unless told otherwise' {
        ((New-SmtpTlsCertificate mail.test -ValidDays 20).NotAfter - [DateTimeOffset]::Now).TotalDays | Should -BeGreaterThan 19.9 -Because 'of 20 days'
        ((New-SmtpTlsCertificate mail.test).NotAfter - [DateTimeOffset]::Now).TotalDays | Should -BeGreaterThan 364
    }

    It 'takes a date that is past' {
        (New-SmtpTlsCertificate mail.test -NotAfter (Get-Date).AddDays(-2)).NotAfter | Should -BeLessThan ([DateTimeOffset]::Now.AddDays(-1))
    }

    It 'puts an intermediate between root and certificate' {
        $cert = New-SmtpTlsCertificate mail.test -Intermediate
        $cert.Chain.Count | Should -Be 1
        $cert.Certificate.Issuer | Should -Be $cert.Chain[0].Subject
        $cert.Chain[0].Issuer | Should -Be $cert.Issuer.Subject
    }

    It 'refuses <name> under the id InvalidInput' -ForEach @(@{ Name = 'a b' }, @{ Name = '-x.test' }, @{ Name = 'mail.*.test' }) {
        { New-SmtpTlsCertificate -DnsName $name } | Should -Throw -ErrorId 'InvalidInput,*'
    }
}
