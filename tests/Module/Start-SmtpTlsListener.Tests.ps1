BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
    $script:cert = New-SmtpTlsCertificate mail.test, localhost
    $script:folder = (New-Item -ItemType Directory (Join-Path ([IO.Path]::GetTempPath()) ([guid]::NewGuid()))).FullName
    $cert.ExportPfx("$folder/plain.pfx")
    $cert.ExportPfx("$folder/locked.pfx", 'geheim')
    $cert.ExportPem("$folder/cert.pem", "$folder/key.pem")
    Set-Content "$folder/broken.pem" "-----BEGIN CERTIFICATE-----`nAAAA"
    $script:secret = [Net.NetworkCredential]::new('', 'geheim').SecurePassword
    Set-Content "$folder/users.txt" '# users', ([SmtpTls.UserDirectory]::HashLine([Net.NetworkCredential]::new('ann@test', 'geheim')))
    Set-Content "$folder/plain.txt" 'ann:geheim'
    $other = New-SmtpTlsCertificate other.test
    $other.ExportPem("$folder/other.pem", "$folder/other-key.pem")
}

AfterAll { Remove-Item $folder -Recurse }

Describe 'Start-SmtpTlsListener' {
    AfterEach { Get-SmtpTlsListener | Stop-SmtpTlsListener -DrainTimeout 0 }

    It 'returns a listener that runs, with the port that the system chose' {
        $listener = Start-SmtpTlsListener -Port 0
        $listener | Should -BeOfType ([SmtpTls.SmtpListener])
        $listener.IsRunning | Should -BeTrue
        $listener.Port | Should -BeGreaterThan 0
        $listener.Endpoints.Port | Select-Object -Unique | Should -Be $listener.Port
    }

    It 'listens on the given addresses alone' {
        (Start-SmtpTlsListener -Port 0 -Address 127.0.0.1).Endpoints | ForEach-Object { $_.Address.ToString() } | Should -Be '127.0.0.1'
    }

    It 'takes the certificate as <form>' -ForEach @(
        @{ Form = 'what New-SmtpTlsCertificate returned'; Arguments = { @{ Certificate = $cert } } }
        @{ Form = 'an X509Certificate2'; Arguments = { @{ Certificate = $cert.Certificate } } }
        @{ Form = 'a listener certificate'; Arguments = { @{ Certificate = $cert.ToListenerCertificate() } } }
        @{ Form = 'a PFX file'; Arguments = { @{ Certificate = "$folder/plain.pfx" } } }
        @{ Form = 'a PFX file with a password'; Arguments = { @{ Certificate = "$folder/locked.pfx"; CertificatePassword = [Net.NetworkCredential]::new('', 'geheim').SecurePassword } } }
        @{ Form = 'a file object'; Arguments = { @{ Certificate = Get-Item "$folder/plain.pfx" } } }
        @{ Form = 'a pair of PEM files'; Arguments = { @{ Certificate = "$folder/cert.pem"; CertificateKey = "$folder/key.pem" } } }
    ) {
        $more = & $arguments
        $listener = Start-SmtpTlsListener -Port 0 -StartTls Always @more
        $listener.Certificates.Thumbprint | Should -Be $cert.Thumbprint
        $seen = Get-SmtpTlsCertificate localhost -Address 127.0.0.1 -Port $listener.Port -TrustedCertificate $cert
        $seen.Verified | Should -BeTrue
        $seen.Thumbprint | Should -Be $cert.Thumbprint
    }

    It 'reads paths relative to the current location' {
        Push-Location $folder
        try {
            (Start-SmtpTlsListener -Port 0 -Certificate ./plain.pfx).Certificates.Thumbprint | Should -Be $cert.Thumbprint
        }
        finally {
            Pop-Location
        }
    }

    It 'takes several certificates, and the name that a client asks for chooses' {
        $listener = Start-SmtpTlsListener -Port 0 -Certificate $cert, $other -StartTls Always
        $seen = Get-SmtpTlsCertificate other.test -Address 127.0.0.1 -Port $listener.Port
        $seen.Thumbprint | Should -Be $other.Thumbprint
    }

    It 'says what is wrong with <what>' -ForEach @(
        @{ What = 'a file that is not there'; Arguments = { @{ Certificate = "$folder/nothing.pfx" } }; Id = 'CertificateUnusable'; Says = '*nothing.pfx*' }
        @{ What = 'a broken PEM file'; Arguments = { @{ Certificate = "$folder/broken.pem" } }; Id = 'CertificateUnusable'; Says = '*broken.pem*' }
        @{ What = 'a wrong password'; Arguments = { @{ Certificate = "$folder/locked.pfx"; CertificatePassword = [Net.NetworkCredential]::new('', 'falsch').SecurePassword } }; Id = 'CertificateUnusable'; Says = '*password*' }
        @{ What = 'a key that does not fit'; Arguments = { @{ Certificate = "$folder/cert.pem"; CertificateKey = "$folder/other-key.pem" } }; Id = 'CertificateUnusable'; Says = '*other-key.pem*' }
        @{ What = 'a thumbprint that nobody has'; Arguments = { @{ Certificate = '00' * 20 } }; Id = 'CertificateUnusable'; Says = '*' }
        @{ What = 'something that is no certificate'; Arguments = { @{ Certificate = 5 } }; Id = 'ParameterArgumentTransformationError'; Says = '*no certificate*New-SmtpTlsCertificate*' }
        @{ What = 'a name in place of an address'; Arguments = { @{ Address = 'localhost' } }; Id = 'InvalidInput'; Says = '*localhost*' }
        @{ What = 'half an address'; Arguments = { @{ Address = '127.1' } }; Id = 'InvalidInput'; Says = '*127.1*' }
        @{ What = 'an impossible host name'; Arguments = { @{ HostName = 'a b' } }; Id = 'InvalidInput'; Says = '*a b*' }
        @{ What = 'STARTTLS without a certificate'; Arguments = { @{ StartTls = 'Always' } }; Id = 'InvalidInput'; Says = '*certificate*' }
    ) {
        $more = & $arguments
        $caught = { Start-SmtpTlsListener -Port 0 @more } | Should -Throw -ErrorId "$id,*" -PassThru
        $caught.Exception.Message | Should -BeLike $says
        $caught.Exception.Message | Should -Not -BeLike '*geheim*'
        Get-SmtpTlsListener | Should -BeNullOrEmpty
    }

    It 'says that a port is in use' {
        $first = Start-SmtpTlsListener -Port 0 -Address 127.0.0.1
        { Start-SmtpTlsListener -Port $first.Port -Address 127.0.0.1 -Name second } | Should -Throw -ErrorId 'ListenFailed,*'
    }

    It 'refuses a name that is taken, in any case, and leaves nothing behind' {
        $null = Start-SmtpTlsListener -Port 0 -Name trial
        $caught = { Start-SmtpTlsListener -Port 0 -Name TRIAL } | Should -Throw -ErrorId 'InvalidInput,*' -PassThru
        $caught.Exception.Message | Should -BeLike '*TRIAL*Stop-SmtpTlsListener*'
        @(Get-SmtpTlsListener).Count | Should -Be 1
    }

    It 'warns where STARTTLS is withheld from everyone' {
        $null = Start-SmtpTlsListener -Port 0 -Address 127.0.0.1 -Certificate $cert -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -BeLike '*StartTlsWithheldOnLoopback*'
    }

    It 'starts with an expired certificate and warns' {
        $old = New-SmtpTlsCertificate mail.test -NotAfter (Get-Date).AddDays(-1)
        $listener = Start-SmtpTlsListener -Port 0 -Certificate $old -WarningVariable warnings -WarningAction SilentlyContinue
        $listener.IsRunning | Should -BeTrue
        "$warnings" | Should -BeLike '*CertificateExpired*'
    }

    It 'starts nothing with -WhatIf' {
        Start-SmtpTlsListener -Port 0 -WhatIf | Should -BeNullOrEmpty
        Get-SmtpTlsListener | Should -BeNullOrEmpty
    }

    It 'captures to a folder as whole .eml files' {
        $listener = Start-SmtpTlsListener -Port 0 -CapturePath "$folder/mail"
        $null = Send-SmtpTlsMessage localhost -Port $listener.Port -TlsMode None -From a@test -To b@test -Subject captured -Body here
        $files = @(Get-ChildItem "$folder/mail" -Force)
        $files.Count | Should -Be 1
        $files[0].Extension | Should -Be '.eml'
        Get-Content $files[0] -Raw | Should -BeLike "*Subject: captured`r`n*here`r`n"
    }

    It 'refuses a message that is larger than -MaximumMessageSize' {
        $listener = Start-SmtpTlsListener -Port 0 -MaximumMessageSize 5000
        { Send-SmtpTlsMessage localhost -Port $listener.Port -TlsMode None -From a@test -To b@test -Body ('x' * 6000) } |
            Should -Throw -ErrorId 'MessageTooLarge,*'
    }

    It 'refuses mail before STARTTLS with -RequireTls' {
        $listener = Start-SmtpTlsListener -Port 0 -Certificate $cert -StartTls Always -RequireTls
        $caught = { Send-SmtpTlsMessage localhost -Port $listener.Port -TlsMode None -From a@test -To b@test } | Should -Throw -ErrorId 'SenderRefused,*' -PassThru
        $caught.Exception.Failure.Reply.Code | Should -Be 530
    }

    It 'lets users authenticate inside TLS, given as <form>' -ForEach @(
        @{ Form = 'credentials'; User = { [pscredential]::new('ann@test', $secret), [pscredential]::new('bob', $secret) } }
        @{ Form = 'one credential'; User = { [pscredential]::new('ann@test', $secret) } }
        @{ Form = 'a file of hashes'; User = { "$folder/users.txt" } }
        @{ Form = 'a file object'; User = { Get-Item "$folder/users.txt" } }
        @{ Form = 'a directory'; User = { [SmtpTls.UserDirectory]::FromHashes([string[]](Get-Content "$folder/users.txt")) } }
    ) {
        $listener = Start-SmtpTlsListener -Port 0 -Certificate $cert -StartTls Always -RequireAuthentication -User (& $user)
        $to = @{ Server = 'localhost'; Port = $listener.Port; TrustedCertificate = $cert; From = 'a@test'; To = 'b@test' }
        $null = Send-SmtpTlsMessage @to -Credential ([pscredential]::new('ann@test', $secret))
        ($listener | Receive-SmtpTlsMessage -Timeout 5).User | Should -Be 'ann@test'
        $wrong = [pscredential]::new('ann@test', [Net.NetworkCredential]::new('', 'falsch').SecurePassword)
        { Send-SmtpTlsMessage @to -Credential $wrong } | Should -Throw -ErrorId 'AuthenticationFailed,*'
        $caught = { Send-SmtpTlsMessage @to } | Should -Throw -ErrorId 'SenderRefused,*' -PassThru
        $caught.Exception.Failure.Reply.Code | Should -Be 530
    }

    It 'asks clients for a certificate with -ClientCertificate <policy>' -ForEach @(
        @{ Policy = 'None'; Shown = $false; Refused = $false }
        @{ Policy = 'Request'; Shown = $true; Refused = $false }
        @{ Policy = 'Require'; Shown = $true; Refused = $true }
    ) {
        $client = New-SmtpTlsCertificate client.test
        $listener = Start-SmtpTlsListener -Port 0 -Certificate $cert -StartTls Always -ClientCertificate $policy
        $to = @{ Server = 'localhost'; Port = $listener.Port; TrustedCertificate = $cert; From = 'a@test'; To = 'b@test' }
        $null = Send-SmtpTlsMessage @to -ClientCertificate $client
        $fingerprint = [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($client.Certificate.RawData))
        ($listener | Receive-SmtpTlsMessage -Timeout 5).ClientCertificateSha256 | Should -Be ($shown ? $fingerprint : $null)
        if ($refused) {
            { Send-SmtpTlsMessage @to } | Should -Throw -ErrorId 'SenderRefused,*'
        }
        else {
            (Send-SmtpTlsMessage @to).Accepted | Should -BeTrue
        }
    }

    It 'says what is wrong with users: <what>' -ForEach @(
        @{ What = 'a file that is not there'; User = { "$folder/nobody.txt" }; Id = 'InvalidInput'; Says = '*nobody.txt*HashLine*' }
        @{ What = 'a file without hashes'; User = { "$folder/plain.txt" }; Id = 'InvalidInput'; Says = '*ine 1*' }
        @{ What = 'a user twice'; User = { [pscredential]::new('ann', $secret), [pscredential]::new('ANN', $secret) }; Id = 'InvalidInput'; Says = '*ANN*twice*' }
        @{ What = 'no users at all'; User = { 5 }; Id = 'ParameterArgumentTransformationError'; Says = '*Get-Credential*' }
        @{ What = 'a name among credentials'; User = { [pscredential]::new('ann', $secret), 'bob' }; Id = 'ParameterArgumentTransformationError'; Says = "*'bob'*" }
    ) {
        $caught = { Start-SmtpTlsListener -Port 0 -Certificate $cert -StartTls Always -User (& $user) } | Should -Throw -ErrorId "$id,*" -PassThru
        $caught.Exception.Message | Should -BeLike $says
        $caught.Exception.Message | Should -Not -BeLike '*geheim*'
        Get-SmtpTlsListener | Should -BeNullOrEmpty
    }
}
