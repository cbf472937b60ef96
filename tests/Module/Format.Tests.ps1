BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule

    # Names nearly as long as DNS knows them: 253 characters.
    $long = (1..24 | ForEach-Object { 'abcdefghi' }) -join '.'
    $domain = $long.Substring(20) + '.test' # an address as a whole has 254 at most
    $script:cert = New-SmtpTlsCertificate -DnsName 'mail.test', 'localhost', "$long.test"
    $script:listener = Start-SmtpTlsListener -Port 0 -Certificate $cert -StartTls Always -Name ('a-long-name-' * 10)
    $recipients = 1..20 | ForEach-Object { "recipient-$_@$domain" }
    $script:sent = Send-SmtpTlsMessage -Server mail.test -Address 127.0.0.1 -Port $listener.Port -TrustedCertificate $cert -From "author@$domain" -To $recipients -Subject ('Überlanger Betreff ' * 30)
    $script:received = $listener | Receive-SmtpTlsMessage -Timeout 5
    $script:capability = Get-SmtpTlsCapability "$long.test" -Address 127.0.0.1 -Port $listener.Port
    $script:seen = Get-SmtpTlsCertificate "$long.example" -Address 127.0.0.1 -Port $listener.Port
}

AfterAll { $listener | Stop-SmtpTlsListener -DrainTimeout 0 }

Describe 'The default table' {
    It 'of <type> fits 100 columns, with long values too' -ForEach @(
        @{ Type = 'SmtpListener'; Get = { $listener } }
        @{ Type = 'ReceivedMessage'; Get = { $received } }
        @{ Type = 'SendResult'; Get = { $sent } }
        @{ Type = 'CapabilityResult'; Get = { $capability } }
        @{ Type = 'CertificateResult'; Get = { $seen } }
        @{ Type = 'IssuedCertificate'; Get = { $cert } }
        @{ Type = 'ListenerCertificate'; Get = { $listener.Certificates } }
        @{ Type = 'Finding'; Get = { $seen.Findings } }
    ) {
        $objects = & $get
        $objects | Should -Not -BeNullOrEmpty
        $objects[0].GetType().FullName | Should -Be "SmtpTls.$type"
        $lines = ($objects | Out-String -Width 300) -replace "`e\[[0-9;]*m" -split '\r?\n' | Where-Object { $_ }
        $lines.Count | Should -Be (2 + @($objects).Count) -Because 'a table has a head, a rule and a row an object'
        ($lines | ForEach-Object { $_.TrimEnd().Length } | Measure-Object -Maximum).Maximum | Should -BeLessOrEqual 100
    }

    It 'shows what is asked most: <column> of <type>' -ForEach @(
        @{ Type = 'SmtpListener'; Column = 'StartTls'; Get = { $listener }; Shows = 'Always' }
        @{ Type = 'SendResult'; Column = 'Tls'; Get = { $sent }; Shows = 'TLSv1\.[23]' }
        @{ Type = 'CapabilityResult'; Column = 'StartTls'; Get = { $capability }; Shows = 'Offered' }
        @{ Type = 'CertificateResult'; Column = 'DaysLeft'; Get = { $seen }; Shows = '36[45]' }
    ) {
        $text = & $get | Out-String -Width 100
        $text | Should -Match $column
        $text | Should -Match $shows
    }
}
