BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
    $script:cert = New-SmtpTlsCertificate mail.test, localhost
    $script:listener = Start-SmtpTlsListener -Port 0 -Certificate $cert -StartTls Always
    $script:how = @{ TrustedCertificate = $cert; Port = $listener.Port }
}

AfterAll { Get-SmtpTlsListener | Stop-SmtpTlsListener -DrainTimeout 0 }

Describe 'Get-SmtpTlsCapability' {
    It 'says that STARTTLS is offered, with the evidence' {
        $record = Get-SmtpTlsCapability mail.test -Address 127.0.0.1 @how
        $record | Should -BeOfType ([SmtpTls.CapabilityResult])
        @($record).Count | Should -Be 1
        $record.StartTls | Should -Be 'Offered'
        $record.Address | Should -Be '127.0.0.1'
        $record.Tls.Protocol | Should -BeIn 'TLSv1.2', 'TLSv1.3'
        $record.Tls.Verified | Should -BeTrue
        $record.Capabilities | Should -Contain 'STARTTLS'
        $record.CapabilitiesAfterTls | Should -Not -Contain 'STARTTLS'
        $record.Failure | Should -BeNullOrEmpty
    }

    It 'has one record for each address of a name' {
        $addresses = [Net.Dns]::GetHostAddresses('localhost').IPAddressToString | Sort-Object -Unique
        $records = Get-SmtpTlsCapability localhost @how
        $records.Address | Sort-Object | Should -Be $addresses
        $records.Target | Sort-Object -Unique | Should -Be 'localhost'
    }

    It 'takes targets with a port, as arguments and from the pipeline' {
        Get-SmtpTlsCapability "127.0.0.1:$($listener.Port)", "127.0.0.2:$($listener.Port)" | ForEach-Object StartTls | Should -Be 'Offered', 'Offered'
        "127.0.0.1:$($listener.Port)" | Get-SmtpTlsCapability | ForEach-Object Port | Should -Be $listener.Port
    }

    It 'binds <property> by property name' -ForEach @(
        @{ Property = 'NameExchange' }, @{ Property = 'NameTarget' }, @{ Property = 'DNSHostName' }, @{ Property = 'HostName' }
        @{ Property = 'Server' }, @{ Property = 'ComputerName' }, @{ Property = 'Name' }
    ) {
        $record = [pscustomobject]@{ $property = 'mail.test' } | Get-SmtpTlsCapability -Address 127.0.0.1 @how
        $record.Target | Should -Be 'mail.test'
        $record.StartTls | Should -Be 'Offered'
    }

    It 'takes the mail server of an MX record, not its domain, and each host once' {
        # As Resolve-DnsName contoso.test -Type MX answers: the records, then the addresses of the hosts that they name.
        $answer = @(
            [pscustomobject]@{ Name = 'contoso.test'; QueryType = 'MX'; Section = 'Answer'; NameExchange = 'mx1.contoso.test'; Preference = 10 }
            [pscustomobject]@{ Name = 'contoso.test'; QueryType = 'MX'; Section = 'Answer'; NameExchange = 'mx2.contoso.test'; Preference = 20 }
            [pscustomobject]@{ Name = 'contoso.test'; QueryType = 'MX'; Section = 'Answer'; NameExchange = 'MX1.contoso.test'; Preference = 30 }
            [pscustomobject]@{ Name = 'mx1.contoso.test'; QueryType = 'A'; Section = 'Additional'; IPAddress = '192.0.2.1' }
            [pscustomobject]@{ Name = 'mx2.contoso.test'; QueryType = 'AAAA'; Section = 'Additional'; IPAddress = '2001:db8::1' }
        )
        ($answer | Get-SmtpTlsCapability -Address 127.0.0.1 @how).Target | Should -Be 'mx1.contoso.test', 'mx2.contoso.test'
    }

    It 'probes a host once that several address records name, and passes over CNAME and SOA records' {
        $answer = @(
            [pscustomobject]@{ Name = 'alias.contoso.test'; QueryType = 'CNAME'; Section = 'Answer'; NameHost = 'mail.contoso.test' }
            [pscustomobject]@{ Name = 'mail.contoso.test'; QueryType = 'A'; Section = 'Answer'; IPAddress = '192.0.2.1' }
            [pscustomobject]@{ Name = 'mail.contoso.test'; QueryType = 'AAAA'; Section = 'Answer'; IPAddress = '2001:db8::1' }
            [pscustomobject]@{ Name = 'contoso.test'; QueryType = 'SOA'; Section = 'Authority'; PrimaryServer = 'ns.contoso.test' }
        )
        ($answer | Get-SmtpTlsCapability -Address 127.0.0.1 @how).Target | Should -Be 'mail.contoso.test'
    }

    It 'takes listeners from the pipeline' {
        $records = $listener | Get-SmtpTlsCapability -Address 127.0.0.1 -TrustedCertificate $cert
        $records.Port | Should -Be $listener.Port
    }

    It 'has a record, not an error, for a server that cannot be reached' {
        $closed = Start-SmtpTlsListener -Port 0
        $closed | Stop-SmtpTlsListener
        $record = Get-SmtpTlsCapability 127.0.0.1 -Port $closed.Port -NoSecondLook -ErrorAction Stop
        $record.StartTls | Should -Be 'Unreachable'
        $record.Failure.Code | Should -Be 'ConnectFailed'
        $record.Findings.Code | Should -Contain 'ConnectFailed'
    }

    It 'has a record for a name that does not exist and goes on' {
        $records = 'nothing.invalid', "127.0.0.1:$($listener.Port)" | Get-SmtpTlsCapability -ErrorAction Stop
        $records.Target | Should -Be 'nothing.invalid', "127.0.0.1:$($listener.Port)"
        $records[0].StartTls | Should -Be 'Unreachable'
        $records[1].StartTls | Should -Be 'Offered'
    }

    It 'has an error for <target>, and goes on' -ForEach @(@{ Target = 'a b' }, @{ Target = 'mail.test:99999' }, @{ Target = "mail.test`r`nQUIT" }) {
        $records = $target, 'mail.test' | Get-SmtpTlsCapability -Address 127.0.0.1 @how -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'InvalidInput,*'
        $records.Target | Should -Be 'mail.test'
    }

    It 'recognises STARTTLS withheld on loopback, and looks at the machine''s own addresses' {
        $ims = Start-SmtpTlsListener -Port 0 -Certificate $cert -Name ims
        $records = Get-SmtpTlsCapability 127.0.0.1 -Port $ims.Port -TrustedCertificate $cert
        $records[0].StartTls | Should -Be 'Withheld'
        $records[0].Findings.Code | Should -Contain 'StartTlsWithheldOnLoopback'
        $records[0].SecondLookFor | Should -BeNullOrEmpty
        foreach ($second in $records | Select-Object -Skip 1) {
            $second.SecondLookFor | Should -Be '127.0.0.1'
        }

        $only = Get-SmtpTlsCapability 127.0.0.1 -Port $ims.Port -TrustedCertificate $cert -NoSecondLook
        @($only).Count | Should -Be 1
    }

    It 'asks a server with implicit TLS' {
        $implicit = Start-SmtpTlsListener -Port 0 -TlsMode Implicit -Certificate $cert -Name implicit
        $record = Get-SmtpTlsCapability mail.test -Address 127.0.0.1 -Port $implicit.Port -TlsMode Implicit -TrustedCertificate $cert
        $record.StartTls | Should -Be 'NotApplicable'
        $record.Tls.Mode | Should -Be 'Implicit'
    }

    It 'stops when the pipeline has enough' {
        $first = "127.0.0.1:$($listener.Port)", 'a b' | Get-SmtpTlsCapability -ErrorAction Stop | Select-Object -First 1
        $first.StartTls | Should -Be 'Offered'
    }

    It 'tells the dialogue with -Verbose' {
        $told = Get-SmtpTlsCapability mail.test -Address 127.0.0.1 @how -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] }
        "$told" | Should -BeLike '*S: 220*C: EHLO*C: STARTTLS*C: EHLO*C: QUIT*'
    }
}
