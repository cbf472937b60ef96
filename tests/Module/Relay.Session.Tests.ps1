BeforeDiscovery {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
}

Describe 'A relay''s session, in a process of its own' {
    BeforeEach { $script:folder = New-TestFolder }

    AfterEach { Remove-Item $folder -Recurse }

    It 'goes as an administrator types it' {
        $lines = Invoke-FreshPowerShell -Location $folder @'
# The world outside: a partner's server with TLS, and a server for all others.
$partnerCert = New-SmtpTlsCertificate -DnsName localhost
$partner = Start-SmtpTlsListener -Name partner -Address 127.0.0.1 -Port 0 -Certificate $partnerCert -StartTls Always
$others = Start-SmtpTlsListener -Name others -Address 127.0.0.1 -Port 0
$cert = New-SmtpTlsCertificate -DnsName edge.test, localhost
$credentials = [pscredential]::new('ann', (ConvertTo-SecureString secret -AsPlainText -Force))

$routes = @(
    New-SmtpTlsRoute -Domain partner.example, '*.partner.example' -SmartHost "localhost:$($partner.Port)" -TlsLevel Secure -TrustedCertificate $partnerCert
    New-SmtpTlsRoute -Domain gone.example -SmartHost 127.0.0.1:1 -TlsLevel None
    New-SmtpTlsRoute -Domain * -SmartHost "127.0.0.1:$($others.Port)" -TlsLevel Opportunistic
)
$relay = Start-SmtpTlsRelay -Name edge -QueuePath ./edge.queue -Route $routes -Address 127.0.0.1 -Port 0 -Certificate $cert `
            -AllowFrom 192.0.2.0/24 -PickupPath ./pickup -StartTls Always
$users = Start-SmtpTlsListener -Relay $relay -Name users -Address 127.0.0.1 -Port 0 -TlsMode Implicit -RequireAuthentication -User $credentials
'listeners {0}' -f ((Get-SmtpTlsListener).Name -join ' ')

# Mail by three doors.
$tls = @{ Server = 'localhost'; Address = '127.0.0.1'; TrustedCertificate = $cert; From = 'a@test'; Body = 'hello' }
$sent = Send-SmtpTlsMessage @tls -Port $relay.Listeners[0].Port -To b@partner.example, c@sub.partner.example -Subject 'to a partner'
'accepted {0} {1}' -f $sent.Accepted, ($sent.QueueId -match '^[0-9A-HJKMNP-TV-Z]{13}$')
$null = Send-SmtpTlsMessage @tls -Port $users.Port -TlsMode Implicit -Credential $credentials -To d@others.example -Subject 'by a user'
$null = Send-SmtpTlsMessage @tls -Port $relay.Listeners[0].Port -To e@gone.example, f@gone.example -Subject 'to nobody'
Set-Content x.tmp "From: a@test`r`nTo: g@others.example`r`nSubject: picked up`r`n`r`nhello"
Move-Item x.tmp pickup/x.eml
'partner {0}' -f ((Receive-SmtpTlsMessage $partner -Count 2 -Timeout 30 | ForEach-Object { "$($_.To) $([bool]$_.Tls)" } | Sort-Object) -join ', ')
'others {0}' -f ((Receive-SmtpTlsMessage $others -Count 2 -Timeout 30 | ForEach-Object Subject | Sort-Object) -join ', ')
Wait-SmtpTlsRelay $relay -Drained -Timeout 60

$counters = (Get-SmtpTlsRelay).Counters
'relay {0} accepted, {1} delivered' -f $counters.Accepted, $counters.Delivered
Get-SmtpTlsQueue | ForEach-Object { 'queue {0} deferred {1} {2}' -f $_.NextHop, $_.Deferred, [bool]$_.LastFailure }
Get-SmtpTlsMessage -Relay edge -State Deferred | Start-SmtpTlsDelivery
Wait-SmtpTlsRelay $relay -Drained -Timeout 60
'tried again {0}' -f ((Get-SmtpTlsMessage).Attempts -ge 2)

Get-SmtpTlsMessage -Recipient e@gone.example | Suspend-SmtpTlsMessage
'suspended {0}' -f @(Get-SmtpTlsMessage -State Suspended).Count
Get-SmtpTlsMessage -State Suspended | Resume-SmtpTlsMessage
'resumed {0}' -f @(Get-SmtpTlsMessage -State Suspended).Count
$file = Get-SmtpTlsMessage -Recipient e@gone.example | Export-SmtpTlsMessage -Path .
'exported {0}' -f ($file.Name -match '^[0-9A-HJKMNP-TV-Z]{13}\.eml$')
Get-SmtpTlsMessage -Recipient '*@gone.example' | Remove-SmtpTlsMessage -WithNdr -Confirm:$false
'report {0}' -f (Receive-SmtpTlsMessage $others -Timeout 30).To
$id = Import-SmtpTlsMessage $file.Name -From a@test -To h@others.example
'imported {0}' -f (Receive-SmtpTlsMessage $others -Timeout 30).Subject
Wait-SmtpTlsRelay $relay -Drained -Timeout 60
'tracked {0}' -f ((Get-SmtpTlsTrackingLog -Sender a@test -Since (Get-Date).AddHours(-1) | Where-Object Id -eq $id).Kind -join ' ')
$secure = Get-SmtpTlsTrackingLog -Kind Send -Recipient b@partner.example
'evidence {0} {1}' -f $secure.TlsLevel, $secure.Tls.MatchedIdentity

Wait-SmtpTlsRelay $relay -Drained -Timeout 60 ; Stop-SmtpTlsRelay $relay -Drain
'stopped {0} {1}' -f $relay.IsRunning, @(Get-SmtpTlsRelay).Count
'left {0}' -f @(Get-SmtpTlsMessage -QueuePath ./edge.queue).Count
Get-SmtpTlsListener | Stop-SmtpTlsListener
'@
        $lines | Should -Be @(
            'listeners edge others partner users'
            'accepted True True'
            'partner b@partner.example True, c@sub.partner.example True'
            'others by a user, picked up'
            'relay 4 accepted, 4 delivered'
            'queue 127.0.0.1:1 deferred 1 True'
            'tried again True'
            'suspended 1'
            'resumed 0'
            'exported True'
            'report a@test'
            'imported to nobody'
            'tracked Receive Send'
            'evidence Secure localhost'
            'stopped False 0'
            'left 0'
        )
    }

    It 'refuses who may not relay, whatever the door' {
        Invoke-FreshPowerShell -Location $folder @'
$relay = Start-SmtpTlsRelay -QueuePath ./edge.queue -Route (New-SmtpTlsRoute partner.example 127.0.0.1:1 -TlsLevel None) -Address 127.0.0.1 -Port 0
try { Send-SmtpTlsMessage 127.0.0.1 -Port $relay.Listeners[0].Port -TlsMode None -From a@test -To b@elsewhere.example }
catch { '{0} {1}' -f $_.Exception.Failure.Reply.Code, $_.Exception.Failure.Reply.Enhanced }
'{0} refused' -f $relay.Counters.Refused
Stop-SmtpTlsRelay $relay
'@ | Should -Be '550 5.4.4', '1 refused'
    }

    It 'stops the relays when the module is removed, and keeps what is in their queues' {
        Invoke-FreshPowerShell -Location $folder @'
$relay = Start-SmtpTlsRelay -QueuePath ./edge.queue -Route (New-SmtpTlsRoute * 127.0.0.1:1 -TlsLevel None) -Address 127.0.0.1 -Port 0
$null = Send-SmtpTlsMessage 127.0.0.1 -Port $relay.Listeners[0].Port -TlsMode None -From a@test -To b@test
$manifest = [IO.Path]::ChangeExtension((Get-Module SmtpTls).Path, 'psd1')
Remove-Module SmtpTls
'{0} {1}' -f $relay.IsRunning, $relay.Listeners[0].IsRunning
Import-Module $manifest
'{0} {1}' -f @(Get-SmtpTlsRelay).Count, (Get-SmtpTlsMessage -QueuePath ./edge.queue).Recipients.Recipient
'@ | Should -Be 'False False', '0 b@test'
    }

    It 'loses nothing when its process is ended without warning' {
        $script = @'
$relay = Start-SmtpTlsRelay -QueuePath ./edge.queue -Route (New-SmtpTlsRoute * 127.0.0.1:1 -TlsLevel None) -Address 127.0.0.1 -Port 0
1..5 | ForEach-Object { $null = Send-SmtpTlsMessage 127.0.0.1 -Port $relay.Listeners[0].Port -TlsMode None -From a@test -To "b$_@test" }
[Environment]::FailFast($null)
'@
        { Invoke-FreshPowerShell -Location $folder $script } | Should -Throw
        Import-TestedModule
        (Get-SmtpTlsMessage -QueuePath "$folder/edge.queue").Recipients.Recipient | Should -Be 'b1@test', 'b2@test', 'b3@test', 'b4@test', 'b5@test'
    }

    It 'keeps the library of its queue apart from everything else in the process' {
        Invoke-FreshPowerShell -Location $folder @'
$before = [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object FullName -Match 'SQLite'
$relay = Start-SmtpTlsRelay -QueuePath ./edge.queue -Route (New-SmtpTlsRoute * 127.0.0.1:1 -TlsLevel None) -NoListener
Stop-SmtpTlsRelay $relay
$loaded = [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object FullName -Match 'SQLite|SmtpTls.Storage'
'{0} before, {1} after' -f @($before).Count, ($loaded.Count -gt 1)
($loaded | ForEach-Object { [Runtime.Loader.AssemblyLoadContext]::GetLoadContext($_).Name } | Sort-Object -Unique) -join ' '
'@ | Should -Be '0 before, True after', 'SmtpTls.Storage'
    }
}
