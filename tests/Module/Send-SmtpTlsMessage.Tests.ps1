BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
    $script:cert = New-SmtpTlsCertificate mail.test, localhost
    $script:listener = Start-SmtpTlsListener -Port 0 -Certificate $cert -StartTls Always
    $script:there = @{ Server = 'localhost'; Port = $listener.Port; TrustedCertificate = $cert.Issuer; From = 'a@test' }
}

AfterAll { $listener | Stop-SmtpTlsListener -DrainTimeout 0 }

Describe 'Send-SmtpTlsMessage' {
    AfterEach {
        while ($listener.Capture.Count -gt 0) { $null = $listener | Receive-SmtpTlsMessage -Timeout 1 }
    }

    It 'returns the evidence of TLS and of the delivery' {
        $result = Send-SmtpTlsMessage @there -To b@test, c@test -Subject 'Grüße' -Body 'first mail'
        $result | Should -BeOfType ([SmtpTls.SendResult])
        $result.Accepted | Should -BeTrue
        $result.Recipients.Recipient | Should -Be 'b@test', 'c@test'
        $result.QueueId | Should -Not -BeNullOrEmpty
        $result.Tls.Protocol | Should -BeIn 'TLSv1.2', 'TLSv1.3'
        $result.Tls.MatchedIdentity | Should -Be 'localhost'
        $result.Tls.Level | Should -Be 'Secure'
        $result.Tls.Verified | Should -BeTrue
        $result.Tls.PeerThumbprint | Should -Be $cert.Thumbprint
        $result.Timings.Phase | Should -Contain 'Handshake'
        $result.Timings[0].Phase | Should -Be 'Resolve' -Because 'scripts index lists'
        $message = $listener | Receive-SmtpTlsMessage -Timeout 5
        $message.Subject | Should -Be 'Grüße'
        $message.Id | Should -Be $result.QueueId
    }

    It 'keeps -Bcc out of the message and in the envelope' {
        $null = Send-SmtpTlsMessage @there -To b@test -Cc c@test -Bcc hidden@test -Subject s -Body 't'
        $message = $listener | Receive-SmtpTlsMessage -Timeout 5
        $message.To | Should -Be 'b@test', 'c@test', 'hidden@test'
        $message.GetText() | Should -Not -BeLike '*hidden@test*'
    }

    It 'sends a ready message, sender and recipients from its header' {
        $file = New-TemporaryFile
        Set-Content $file "From: x@test`nTo: y@test`nSubject: ready`n`nbody"
        try {
            $result = Send-SmtpTlsMessage localhost -Port $listener.Port -TrustedCertificate $cert -EmlPath $file
            $result.From, $result.Recipients.Recipient | Should -Be 'x@test', 'y@test'
            $result = Send-SmtpTlsMessage localhost -Port $listener.Port -TrustedCertificate $cert -EmlPath $file -From '' -To z@test
            $result.From, $result.Recipients.Recipient | Should -Be '', 'z@test'
        }
        finally {
            Remove-Item $file
        }
    }

    It 'dials an address and verifies a name' {
        $result = Send-SmtpTlsMessage -Server mail.test -Address 127.0.0.1 -Port $listener.Port -TrustedCertificate $cert -From a@test -To b@test
        $result.Address, $result.Tls.MatchedIdentity | Should -Be '127.0.0.1', 'mail.test'
        $result = Send-SmtpTlsMessage -Server 127.0.0.1 -ServerName mail.test -Port $listener.Port -TrustedCertificate $cert -From a@test -To b@test
        $result.Tls.MatchedIdentity | Should -Be 'mail.test'
    }

    It 'sends over implicit TLS' {
        $implicit = Start-SmtpTlsListener -Port 0 -TlsMode Implicit -Certificate $cert -Address 127.0.0.1
        try {
            $result = Send-SmtpTlsMessage mail.test -Address 127.0.0.1 -Port $implicit.Port -TlsMode Implicit -TrustedCertificate $cert -From a@test -To b@test
            $result.Tls.Mode, $result.Tls.Verified | Should -Be 'Implicit', $true
        }
        finally {
            $implicit | Stop-SmtpTlsListener -DrainTimeout 0
        }
    }

    It 'trusts <form>' -ForEach @(
        @{ Form = 'what New-SmtpTlsCertificate returned'; Make = { $cert } }
        @{ Form = 'its issuer'; Make = { $cert.Issuer } }
        @{ Form = 'a PEM file'; Make = { $cert.ExportIssuerPem("$TestDrive/ca.pem"); "$TestDrive/ca.pem" } }
        @{ Form = 'a DER file'; Make = { [IO.File]::WriteAllBytes("$TestDrive/ca.cer", $cert.Issuer.RawData); "$TestDrive/ca.cer" } }
        @{ Form = 'several'; Make = { (New-SmtpTlsCertificate x.test).Issuer, $cert } }
    ) {
        $trusted = & $make
        (Send-SmtpTlsMessage localhost -Port $listener.Port -TrustedCertificate $trusted -From a@test -To b@test).Tls.Verified | Should -BeTrue
    }

    It 'shows a client certificate given as <form>' -ForEach @(
        @{ Form = 'what New-SmtpTlsCertificate returned'; Make = { $cert } }
        @{ Form = 'an object'; Make = { $cert.Certificate } }
        @{ Form = 'a PFX file'; Make = { $cert.ExportPfx("$TestDrive/client.pfx"); "$TestDrive/client.pfx" } }
    ) {
        (Send-SmtpTlsMessage @there -To b@test -ClientCertificate (& $make)).Accepted | Should -BeTrue
    }

    It 'throws CertificateUnusable for a client certificate that is not there' {
        { Send-SmtpTlsMessage @there -To b@test -ClientCertificate "$TestDrive/none.pfx" } |
            Should -Throw -ErrorId 'CertificateUnusable,SmtpTls.Module.SendSmtpTlsMessageCommand' -ExpectedMessage '*none.pfx*'
    }

    It 'throws <id> for <what>' -ForEach @(
        @{ What = 'a server given by address'; Id = 'IdentityIsAddress'; Category = 'SecurityError'; Change = { @{ Server = '127.0.0.1' } } }
        @{ What = 'a name that the certificate does not carry'; Id = 'NameMismatch'; Category = 'SecurityError'; Change = { @{ Server = 'wrong.test'; Address = '127.0.0.1' } } }
        @{ What = 'an issuer that is not trusted'; Id = 'ChainIncomplete'; Category = 'SecurityError'; Change = { @{ TrustedCertificate = (New-SmtpTlsCertificate x.test) } } }
        @{ What = 'a wrong fingerprint'; Id = 'FingerprintMismatch'; Category = 'SecurityError'; Change = { @{ TlsLevel = 'Fingerprint'; Fingerprint = 'ab' * 32 } } }
        @{ What = 'a credential where no AUTH is offered'; Id = 'AuthenticationUnavailable'; Category = 'AuthenticationError'; Change = { @{ Credential = [pscredential]::new('u', [Net.NetworkCredential]::new('', 'geheim').SecurePassword) } } }
        @{ What = 'an address with CRLF in it'; Id = 'InvalidInput'; Category = 'InvalidArgument'; Change = { @{ To = "b@test`r`nRCPT TO:<c@test>" } } }
        @{ What = 'a trusted certificate that is not there'; Id = 'CertificateUnusable'; Category = 'InvalidData'; Change = { @{ TrustedCertificate = '/nowhere/ca.pem' } } }
        @{ What = 'a subject with a line break'; Id = 'InvalidInput'; Category = 'InvalidArgument'; Change = { @{ Subject = "a`nBcc: x@test" } } }
    ) {
        $arguments = $there + @{ To = 'b@test' }
        (& $change).GetEnumerator() | ForEach-Object { $arguments[$_.Key] = $_.Value }
        $caught = { Send-SmtpTlsMessage @arguments } | Should -Throw -ErrorId "$id,*" -PassThru
        $caught.CategoryInfo.Category | Should -Be $category
        $caught.Exception | Should -BeOfType ([SmtpTls.SmtpException])
        $caught.Exception.Failure.Code | Should -Be $id
        $caught.ErrorDetails.RecommendedAction | Should -Be $caught.Exception.Failure.Advice
        $caught.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        $caught.Exception.Message | Should -Be "$($caught.ErrorDetails.Message) $($caught.ErrorDetails.RecommendedAction)"
        $listener.Capture.Count | Should -Be 0
    }

    It 'has the result as the error''s target' {
        $caught = { Send-SmtpTlsMessage @there -To b@test -ServerName wrong.test } | Should -Throw -PassThru
        $caught.TargetObject | Should -BeOfType ([SmtpTls.SendResult])
        $caught.TargetObject.Accepted | Should -BeFalse
        $caught.TargetObject.Tls.PeerThumbprint | Should -Be $cert.Thumbprint
    }

    It 'throws ConnectFailed for a port that nobody listens on' {
        $closed = Start-SmtpTlsListener -Port 0
        $closed | Stop-SmtpTlsListener
        $caught = { Send-SmtpTlsMessage localhost -Port $closed.Port -From a@test -To b@test } | Should -Throw -ErrorId 'ConnectFailed,*' -PassThru
        $caught.CategoryInfo.Category | Should -Be 'ConnectionError'
        $caught.Exception.Message | Should -BeLike "*localhost*:$($closed.Port)*"
    }

    It 'throws StartTlsNotOffered, never falling back to plain text' {
        $plain = Start-SmtpTlsListener -Port 0
        try {
            { Send-SmtpTlsMessage localhost -Port $plain.Port -From a@test -To b@test } | Should -Throw -ErrorId 'StartTls*,*'
            $plain.Received | Should -Be 0
        }
        finally {
            $plain | Stop-SmtpTlsListener -DrainTimeout 0
        }
    }

    It 'ends the phase that takes too long, and names it' {
        $silent = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $silent.Start()
        try {
            $caught = { Send-SmtpTlsMessage 127.0.0.1 -Port $silent.LocalEndpoint.Port -TimeoutSeconds 1 -From a@test -To b@test } |
                Should -Throw -ErrorId 'TimedOut,*' -PassThru
            $caught.Exception.Failure.Phase | Should -Be 'Greeting'
        }
        finally {
            $silent.Stop()
        }
    }

    It 'returns the result and an error a recipient where some were refused' {
        $small = Start-SmtpTlsListener -Port 0 -MaximumRecipients 1
        try {
            $result = Send-SmtpTlsMessage localhost -Port $small.Port -TlsMode None -From a@test -To b@test, c@test, d@test -ErrorVariable refused -ErrorAction SilentlyContinue
            $result.Accepted | Should -BeFalse
            $result.Recipients.Accepted | Should -Be $true, $false, $false
            $refused.Count | Should -Be 2
            $refused.FullyQualifiedErrorId | ForEach-Object { $_ | Should -BeLike 'RecipientRefused,*' }
            $refused.TargetObject.Recipient | Should -Be 'c@test', 'd@test'
            $small.Received | Should -Be 1
        }
        finally {
            $small | Stop-SmtpTlsListener -DrainTimeout 0
        }
    }

    It 'warns where the certificate is not enforced, and the result says so' {
        $result = Send-SmtpTlsMessage localhost -Port $listener.Port -From a@test -To b@test -SkipCertificateCheck -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -BeLike '*CertificateCheckSkipped*'
        $result.Tls.CheckSkipped | Should -BeTrue
        $result.Tls.Verified | Should -BeFalse
        $result.Findings.Code | Should -Contain 'CertificateCheckSkipped'
    }

    It 'says that the old identity was used' {
        $byAddress = New-SmtpTlsCertificate 127.0.0.1, '::1'
        $old = Start-SmtpTlsListener -Port 0 -Certificate $byAddress -StartTls Always
        try {
            $result = Send-SmtpTlsMessage localhost -Port $old.Port -TrustedCertificate $byAddress -TlsIdentity Address -From a@test -To b@test -WarningAction SilentlyContinue
            $result.Tls.IdentityUsed | Should -Be 'Address'
            $result.Findings.Code | Should -Contain 'AddressIdentityUsed'
        }
        finally {
            $old | Stop-SmtpTlsListener -DrainTimeout 0
        }
    }

    It 'sends nothing with -WhatIf' {
        $before = $listener.Received
        Send-SmtpTlsMessage @there -To b@test -WhatIf | Should -BeNullOrEmpty
        $listener.Received | Should -Be $before
        $listener.Connections | Should -Be 0
    }

    It 'tells the dialogue with -Verbose, and no message content' {
        $told = Send-SmtpTlsMessage @there -To b@test -Subject s -Body 'the content' -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] }
        "$told" | Should -BeLike '*C: EHLO*S: 250*C: STARTTLS*C: MAIL FROM:<a@test>*C: QUIT*'
        "$told" | Should -Not -BeLike '*the content*'
    }

    It 'authenticates as <user>, and the password is nowhere to be read' -ForEach @(
        @{ User = 'ann'; Refuse = @{} }
        @{ User = 'ann@contoso.test'; Refuse = @{} }
        @{ User = 'CONTOSO\ann'; Refuse = @{} }
        @{ User = 'ann'; Refuse = @{ 'AUTH' = '535 5.7.8 No' } }
    ) {
        $secret = 'Sehr-Geheim-42'
        $token = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes("`0$user`0$secret"))
        $server = Open-ScriptedServer -Certificate $cert.Certificate -Refuse $refuse
        $credential = [pscredential]::new($user, [Net.NetworkCredential]::new('', $secret).SecurePassword)
        $told = try {
            Send-SmtpTlsMessage localhost -Address 127.0.0.1 -Port $server.Port -TrustedCertificate $cert -Credential $credential -From a@test -To b@test -Verbose *>&1
        }
        catch {
            $_.FullyQualifiedErrorId | Should -BeLike 'AuthenticationFailed,*'
            $_, ($_ | Format-List * -Force), ($_.Exception.Failure | ConvertTo-Json -Depth 6), ($_.TargetObject | ConvertTo-Json -Depth 6)
        }

        $text = $told | Out-String -Width 500
        $text | Should -Match 'AUTH'
        $text | Should -Not -Match ([regex]::Escape($secret))
        $text | Should -Not -Match ([regex]::Escape($token))
        if ($refuse.Count -eq 0) {
            $text | Should -Match '\[redacted\]'
        }

        # The server did read it, so what is not shown was really sent.
        Receive-ScriptedCommand $server | Should -Contain "AUTH PLAIN $token"
    }

    It 'never sends a credential without TLS' {
        $credential = [pscredential]::new('u', [Net.NetworkCredential]::new('', 'geheim').SecurePassword)
        { Send-SmtpTlsMessage localhost -Port $listener.Port -TlsMode None -Credential $credential -From a@test -To b@test } | Should -Throw -ErrorId 'InvalidInput,*'
    }

    It 'ends at once when it is stopped, as by Ctrl+C' {
        $silent = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $silent.Start()
        $shell = [powershell]::Create().AddScript('param($path, $port) Import-Module $path; "ready"; Send-SmtpTlsMessage 127.0.0.1 -Port $port -From a@test -To b@test').
            AddArgument((Get-TestedManifest)).AddArgument($silent.LocalEndpoint.Port)
        try {
            $output = [Management.Automation.PSDataCollection[psobject]]::new()
            $nothing = [Management.Automation.PSDataCollection[psobject]]::new()
            $nothing.Complete()
            $null = $shell.BeginInvoke($nothing, $output)
            $client = $silent.AcceptTcpClient()
            (Measure-Command { $shell.Stop() }).TotalSeconds | Should -BeLessThan 5
            $shell.InvocationStateInfo.State | Should -Be 'Stopped'
        }
        finally {
            $shell.Dispose()
            ${client}?.Dispose()
            $silent.Stop()
        }
    }
}
