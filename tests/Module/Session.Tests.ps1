BeforeDiscovery {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
}

Describe 'A session, in a process of its own' {
    It 'goes as an administrator types it' {
        $lines = Invoke-FreshPowerShell @'
$cert     = New-SmtpTlsCertificate -DnsName mail.test, localhost          # test CA + leaf, exportable
$listener = Start-SmtpTlsListener -Port 0 -Certificate $cert -StartTls Always
$sent = Send-SmtpTlsMessage -Server localhost -Port $listener.Port -TrustedCertificate $cert.Issuer `
    -From a@test -To b@test -Subject 'Grüße' -Body 'first mail'
'sent {0} {1} {2}' -f $sent.Accepted, $sent.Tls.Verified, $sent.Tls.MatchedIdentity
$message = Receive-SmtpTlsMessage -Listener $listener -Count 1 -Timeout 5
'received {0} {1}' -f $message.Subject, ($message.GetText() -match 'first mail')
Get-SmtpTlsCapability localhost -Port $listener.Port | ForEach-Object { 'capability {0}' -f $_.StartTls } | Sort-Object -Unique
[pscustomobject]@{ Name = 'contoso.test'; NameExchange = 'localhost'; QueryType = 'MX' } | Get-SmtpTlsCapability -Port $listener.Port |
    ForEach-Object { 'mx {0} {1}' -f $_.Target, $_.StartTls } | Sort-Object -Unique
"localhost:$($listener.Port)", "127.0.0.1:$($listener.Port)" | Get-SmtpTlsCertificate | Where-Object DaysLeft -lt 400 |
    ForEach-Object { 'certificate {0} {1}' -f $_.Host, $_.Subject } | Sort-Object -Unique
Get-SmtpTlsListener | Stop-SmtpTlsListener
'running {0} {1}' -f $listener.IsRunning, @(Get-SmtpTlsListener).Count
'@
        $lines | Should -Be @(
            'sent True True localhost'
            'received Grüße True'
            'capability Offered'
            'mx localhost Offered'
            'certificate 127.0.0.1 CN=mail.test'
            'certificate localhost CN=mail.test'
            'running False 0'
        )
    }

    It 'imports the module by its folder, as in a clone' -Skip:((Split-Path (Get-TestedModulePath) -Leaf) -ne 'SmtpTls') {
        $folder = Get-TestedModulePath
        Invoke-FreshPowerShell "Remove-Module SmtpTls; Set-Location '$folder/..'; Import-Module ./SmtpTls; (Get-Module SmtpTls).Version.Major" | Should -Be '0'
    }

    It 'names the engine''s types without loading anything first' {
        Invoke-FreshPowerShell '[SmtpTls.TlsLevel]::Secure; [SmtpTls.DnsName].Assembly.GetName().Name -like "SmtpTls*"' | Should -Be 'Secure', 'True'
    }

    It 'stops the listeners when the module is removed' {
        Invoke-FreshPowerShell @'
$one = Start-SmtpTlsListener -Port 0
$two = Start-SmtpTlsListener -Port 0
Remove-Module SmtpTls
'{0} {1}' -f $one.IsRunning, $two.IsRunning
'@ | Should -Be 'False False'
    }

    It 'can be imported again, with -Force and after removal' {
        Invoke-FreshPowerShell @'
$path = [IO.Path]::ChangeExtension((Get-Module SmtpTls).Path, 'psd1')
$one = Start-SmtpTlsListener -Port 0
Import-Module $path -Force
'forced {0} {1} {2}' -f $one.IsRunning, @(Get-SmtpTlsListener).Count, @(Get-Command -Module SmtpTls).Count
$two = Start-SmtpTlsListener -Port 0
'started {0}' -f (Get-SmtpTlsListener).Name.Equals($two.Name)
Remove-Module SmtpTls
Import-Module $path
'again {0} {1}' -f $two.IsRunning, @(Get-SmtpTlsListener).Count
'@ | Should -Be 'forced False 0 22', 'started True', 'again False 0'
    }

    It 'ends a script''s pipeline by try and catch, as any error' {
        Invoke-FreshPowerShell @'
try { Send-SmtpTlsMessage -Server localhost -Port 1 -From a@test -To b@test; 'not reached' }
catch [SmtpTls.SmtpException] { "caught $($_.Exception.Failure.Code) $($_.FullyQualifiedErrorId)" }
'@ | Should -Be 'caught ConnectFailed ConnectFailed,SmtpTls.Module.SendSmtpTlsMessageCommand'
    }
}

Describe 'Results as data' {
    BeforeAll {
        Import-TestedModule
        $script:cert = New-SmtpTlsCertificate localhost
        $script:listener = Start-SmtpTlsListener -Port 0 -Certificate $cert -StartTls Always
    }

    AfterAll { $listener | Stop-SmtpTlsListener -DrainTimeout 0 }

    It 'of <command> hold lists that scripts can index' -ForEach @(
        @{ Command = 'Start-SmtpTlsListener'; Get = { $listener } }
        @{ Command = 'New-SmtpTlsCertificate'; Get = { $cert } }
        @{ Command = 'Send-SmtpTlsMessage'; Get = { Send-SmtpTlsMessage localhost -Port $listener.Port -From a@test -To b@test, c@test -SkipCertificateCheck -WarningAction Ignore } }
        @{ Command = 'Receive-SmtpTlsMessage'; Get = { $listener | Receive-SmtpTlsMessage -Timeout 5 } }
        @{ Command = 'Get-SmtpTlsCapability'; Get = { Get-SmtpTlsCapability 127.0.0.1 -Port $listener.Port } }
        @{ Command = 'Get-SmtpTlsCertificate'; Get = { Get-SmtpTlsCertificate 127.0.0.1 -Port $listener.Port } }
    ) {
        # Some of the compiler's own list types are no lists to PowerShell: [0] of one is the whole of it.
        $object = & $get | Select-Object -First 1
        $lists = foreach ($property in $object.GetType().GetProperties() | Where-Object { $_.PropertyType.Name -eq 'IReadOnlyList`1' }) {
            $list = $property.GetValue($object)
            for ($i = 0; $i -lt $list.Count; $i++) {
                ($list[$i] -is $property.PropertyType.GenericTypeArguments[0]) | Should -BeTrue -Because "$($property.Name)[$i] is one of $($property.Name)"
            }

            $property.Name
        }

        $lists | Should -Not -BeNullOrEmpty
    }

    It 'of <command> go to JSON and back' -ForEach @(
        @{ Command = 'Send-SmtpTlsMessage'; Get = { Send-SmtpTlsMessage localhost -Port $listener.Port -TrustedCertificate $cert -From a@test -To b@test }; Keys = 'Accepted', 'Recipients', 'Tls', 'Timings' }
        @{ Command = 'Get-SmtpTlsCapability'; Get = { Get-SmtpTlsCapability localhost -Address 127.0.0.1 -Port $listener.Port }; Keys = 'Target', 'StartTls', 'Capabilities', 'Findings' }
        @{ Command = 'Get-SmtpTlsCertificate'; Get = { Get-SmtpTlsCertificate localhost -Address 127.0.0.1 -Port $listener.Port }; Keys = 'Target', 'DaysLeft', 'DnsNames', 'Leaf' }
    ) {
        $back = & $get | ConvertTo-Json -Depth 6 -EnumsAsStrings | ConvertFrom-Json
        foreach ($key in $keys) { $back.PSObject.Properties.Name | Should -Contain $key }
        $back.Tls.Protocol | Should -BeIn 'TLSv1.2', 'TLSv1.3'
    }
}
