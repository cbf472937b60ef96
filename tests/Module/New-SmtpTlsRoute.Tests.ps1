BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
    $script:cert = New-SmtpTlsCertificate mail.test
    $script:credential = [pscredential]::new('relay@contoso.com', [Net.NetworkCredential]::new('', 'geheim').SecurePassword)
}

Describe 'New-SmtpTlsRoute' {
    It 'goes by MX and uses TLS where it is offered, unless told otherwise' {
        $route = New-SmtpTlsRoute -Domain *
        $route | Should -BeOfType ([SmtpTls.SmtpRoute])
        $route.Domains | Should -Be '*'
        $route.SmartHosts.Count | Should -Be 0
        $route.Port | Should -Be 25
        $route.TlsLevel | Should -Be 'Opportunistic'
        $route.TlsMode | Should -Be 'StartTls'
    }

    It 'takes several domains and smart hosts, in their order, and lists that scripts can index' {
        $route = New-SmtpTlsRoute -Domain partner.example, '*.partner.example' -SmartHost a.test, b.test:587, 192.0.2.1, '[2001:db8::1]:2525' -TlsLevel Encrypt
        $route.Domains[1] | Should -Be '*.partner.example'
        $route.SmartHosts[1].Port | Should -Be 587
        $route.SmartHosts | ForEach-Object { "$_" } | Should -Be 'a.test:25', 'b.test:587', '192.0.2.1:25', '[2001:db8::1]:2525'
        $route.TlsLevel | Should -Be 'Encrypt'
    }

    It 'gives -Port to smart hosts that name none, and to hosts by MX' {
        (New-SmtpTlsRoute * a.test, b.test:2525 -Port 587).SmartHosts.Port | Should -Be 587, 2525
        (New-SmtpTlsRoute * -Port 2525).Port | Should -Be 2525
    }

    It 'goes to port 465 with implicit TLS' {
        (New-SmtpTlsRoute * a.test -TlsMode Implicit -TlsLevel Secure).SmartHosts.Port | Should -Be 465
        (New-SmtpTlsRoute * a.test:587 -TlsMode Implicit -TlsLevel Secure).SmartHosts.Port | Should -Be 587
    }

    It 'takes certificates, names, versions and a credential' {
        $fingerprint = 'ab' * 32
        $route = New-SmtpTlsRoute * a.test -TlsLevel Secure -ServerName mail.test -TrustedCertificate $cert -ClientCertificate $cert -Protocol Tls12, Tls13 -Credential $credential
        $route.ServerName | Should -Be 'mail.test'
        $route.TrustedCertificates[0].Thumbprint | Should -Be $cert.Issuer.Thumbprint
        $route.ClientCertificate.HasPrivateKey | Should -BeTrue
        $route.Protocols | Should -Be 'Tls12, Tls13'
        $route.Credential.UserName | Should -Be 'relay@contoso.com'
        (New-SmtpTlsRoute * a.test -TlsLevel Fingerprint -Fingerprint $fingerprint).Fingerprints | Should -Be $fingerprint
    }

    It 'says what is wrong with <what>' -ForEach @(
        @{ What = 'a domain with a space'; Arguments = { @{ Domain = 'partner example' } }; Says = '*partner example*' }
        @{ What = 'a smart host with a space'; Arguments = { @{ SmartHost = 'mail host' } }; Says = '*mail host*' }
        @{ What = 'a smart host''s port'; Arguments = { @{ SmartHost = 'mail.test:x' } }; Says = '*mail.test:x*port*' }
        @{ What = 'a mail address as a smart host'; Arguments = { @{ SmartHost = 'a@mail.test' } }; Says = '*mail address*' }
        @{ What = 'no TLS where TLS has to be'; Arguments = { @{ TlsMode = 'None'; TlsLevel = 'Secure' } }; Says = '*contradict*' }
        @{ What = 'level Fingerprint without a fingerprint'; Arguments = { @{ TlsLevel = 'Fingerprint' } }; Says = '*fingerprint*' }
        @{ What = 'a fingerprint that nobody looks at'; Arguments = { @{ Fingerprint = 'ab' * 32 } }; Says = '*TlsLevel Fingerprint*' }
        @{ What = 'a credential for whoever the MX record names'; Arguments = { @{ Credential = $credential; TlsLevel = 'Secure' } }; Says = '*smart host*' }
        @{ What = 'a credential that may go in plain text'; Arguments = { @{ Credential = $credential; SmartHost = 'a.test' } }; Says = '*plain text*' }
        @{ What = 'a client certificate without its key'; Arguments = { @{ ClientCertificate = [Security.Cryptography.X509Certificates.X509Certificate2]::new($cert.Certificate.RawData) } }; Says = '*private key*' }
    ) {
        $more = & $arguments
        $domain = $more.ContainsKey('Domain') ? @{} : @{ Domain = 'contoso.com' }
        $caught = { New-SmtpTlsRoute @domain @more } | Should -Throw -ErrorId 'InvalidInput,*' -PassThru
        $caught.Exception.Message | Should -BeLike $says
        $caught.Exception.Message | Should -Not -BeLike '*geheim*'
    }

    It 'warns of a smart host by address where the certificate has to have a name' {
        $null = New-SmtpTlsRoute * 192.0.2.1 -TlsLevel Secure -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -BeLike 'IdentityIsAddress*192.0.2.1*ServerName*'
    }
}
