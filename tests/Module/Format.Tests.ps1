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

    $script:folder = New-TestFolder
    $script:route = New-SmtpTlsRoute "*.$domain", * "127.0.0.1:1", "$long.test:65535" -TlsLevel Opportunistic -TlsMode StartTls -ServerName "$long.test"
    $script:relay = Start-TestRelay $folder -Name ('a-long-name-' * 10) -With @{ Route = $route }
    $script:id = Send-SmtpTlsMessage 127.0.0.1 -Port $relay.Listeners[0].Port -TlsMode None -From "author@$domain" -To $recipients -Subject long | ForEach-Object QueueId
    Wait-SmtpTlsRelay $relay -Drained -Timeout 60
    $script:queue = Get-SmtpTlsQueue
    $script:message = Get-SmtpTlsMessage
    $script:entries = Get-SmtpTlsTrackingLog
}

AfterAll {
    Stop-Everything
    Remove-Item $folder -Recurse
}

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
        @{ Type = 'SmtpRoute'; Get = { $route } }
        @{ Type = 'SmtpRelay'; Get = { $relay } }
        @{ Type = 'NextHopQueue'; Get = { $queue } }
        @{ Type = 'QueuedMessage'; Get = { $message } }
        @{ Type = 'QueuedRecipient'; Get = { $message.Recipients } }
        @{ Type = 'TrackingEvent'; Get = { $entries } }
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
        @{ Type = 'SmtpRoute'; Column = 'Via'; Get = { New-SmtpTlsRoute * }; Shows = 'MX' }
        @{ Type = 'SmtpRelay'; Column = 'Accepted'; Get = { $relay }; Shows = 'True +1 ' }
        @{ Type = 'NextHopQueue'; Column = 'LastFailure'; Get = { $queue }; Shows = '127\.0\.0\.1:1' }
        @{ Type = 'QueuedMessage'; Column = 'State'; Get = { $message }; Shows = 'Deferred' }
        @{ Type = 'TrackingEvent'; Column = 'Kind'; Get = { $entries }; Shows = '(?s)Receive.*Defer' }
    ) {
        $text = & $get | Out-String -Width 100
        $text | Should -Match $column
        $text | Should -Match $shows
    }
}

Describe 'The list' {
    It 'of <type> tells what the table leaves out: <shows>' -ForEach @(
        @{ Type = 'SmtpRelay'; Get = { $relay }; Shows = 'Routes *:.*-> 127\.0\.0\.1:1' }
        @{ Type = 'NextHopQueue'; Get = { $queue }; Shows = 'NextAttemptAt *: \d{4}-' }
        @{ Type = 'QueuedMessage'; Get = { $message }; Shows = '(?s)Recipients *: recipient-1@.*recipient-20@.*Subject *: long' }
        @{ Type = 'TrackingEvent'; Get = { $entries | Where-Object Kind -EQ Defer }; Shows = 'TlsLevel *: Opportunistic' }
    ) {
        & $get | Format-List | Out-String -Width 300 | Should -Match $shows
    }
}

Describe 'An id' {
    It 'is shown as its thirteen characters' {
        ($message.Id | Out-String).Trim() | Should -Be $id
    }
}
