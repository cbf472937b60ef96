BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
    $script:cert = New-SmtpTlsCertificate edge.test, localhost
    $script:route = New-SmtpTlsRoute -Domain * -SmartHost 127.0.0.1:1 -TlsLevel None
}

Describe 'Start-SmtpTlsRelay' {
    BeforeEach {
        $script:folder = New-TestFolder
        $script:queue = @{ QueuePath = "$folder/edge.queue" }
        $script:local = @{ Address = '127.0.0.1'; Port = 0 }
    }

    AfterEach {
        Stop-Everything
        Remove-Item $folder -Recurse
    }

    It 'returns a relay that runs, with a queue on disk and a listener of its name' {
        $relay = Start-SmtpTlsRelay -Name edge @queue @local -Route $route
        $relay | Should -BeOfType ([SmtpTls.SmtpRelay])
        $relay.IsRunning | Should -BeTrue
        $relay.Listeners.Count | Should -Be 1
        $relay.Listeners[0].Name | Should -Be 'edge'
        $relay.Listeners[0].Port | Should -BeGreaterThan 0
        "$folder/edge.queue" | Should -Exist
        (Get-SmtpTlsListener edge).Port | Should -Be $relay.Listeners[0].Port
    }

    It 'delivers what it takes in, with its trace on top' {
        $sink = Start-SmtpTlsListener @local -Name sink
        $relay = Start-TestRelay $folder -To $sink -With @{ HostName = 'edge.test' }
        Send-TestMessage $relay -Subject 'through the queue'
        $message = $sink | Receive-SmtpTlsMessage -Timeout 30
        $message.Subject | Should -Be 'through the queue'
        $message.From | Should -Be 'a@test'
        $message.To | Should -Be 'b@test'
        $message.HelloName | Should -Be 'edge.test'
        $message.GetText() | Should -BeLike 'Received: from *by edge.test *'
    }

    It 'delivers under the TLS level of the route' {
        $sink = Start-SmtpTlsListener @local -Name sink -Certificate $cert -StartTls Always
        $secure = New-SmtpTlsRoute -Domain * -SmartHost "localhost:$($sink.Port)" -TlsLevel Secure -TrustedCertificate $cert
        $relay = Start-SmtpTlsRelay -Name edge @queue @local -Route $secure
        Send-TestMessage $relay
        ($sink | Receive-SmtpTlsMessage -Timeout 30).Tls | Should -Not -BeNullOrEmpty
        Wait-SmtpTlsRelay -Drained -Timeout 30
        $sent = Get-SmtpTlsTrackingLog -Kind Send
        $sent.TlsLevel | Should -Be 'Secure'
        $sent.Tls.MatchedIdentity | Should -Be 'localhost'
    }

    It 'defers what cannot go under the TLS level of the route, with the reason in the queue' {
        $sink = Start-SmtpTlsListener @local -Name sink -Certificate $cert -StartTls Always
        $strange = New-SmtpTlsRoute -Domain * -SmartHost "localhost:$($sink.Port)" -TlsLevel Secure -TrustedCertificate $cert -ServerName other.test
        $relay = Start-SmtpTlsRelay -Name edge @queue @local -Route $strange
        Send-TestMessage $relay
        Wait-SmtpTlsRelay -Drained -Timeout 30
        $message = Get-SmtpTlsMessage -State Deferred
        $message.LastFailure | Should -BeLike '*other.test*'
        (Get-SmtpTlsTrackingLog -Kind Defer).Code | Should -Be 'NameMismatch'
        $sink.Received | Should -Be 0
    }

    It 'goes on with what it left in the queue' {
        $sink = Start-SmtpTlsListener @local -Name sink
        $relay = Start-TestRelay $folder
        Send-TestMessage $relay
        Stop-SmtpTlsRelay $relay
        $again = Start-TestRelay $folder -To $sink
        Get-SmtpTlsMessage | Start-SmtpTlsDelivery
        ($sink | Receive-SmtpTlsMessage -Timeout 30).To | Should -Be 'b@test'
        [object]::ReferenceEquals((Get-SmtpTlsRelay edge), $again) | Should -BeTrue
    }

    It 'takes a schedule in several forms: <schedule>' -ForEach @(
        @{ Schedule = { 0.05, 60 } }
        @{ Schedule = { '50ms', '1m' } }
        @{ Schedule = { [timespan]::FromMilliseconds(50), [timespan]::FromMinutes(1) } }
        @{ Schedule = { 'PT0.05S', '00:01:00' } }
    ) {
        $relay = Start-TestRelay $folder -With @{ RetrySchedule = & $schedule; GiveUpAfter = '1d'; DelayWarningAfter = 0; TrackingRetention = '2d' }
        Send-TestMessage $relay
        $second = $null
        $clock = [Diagnostics.Stopwatch]::StartNew()
        while (-not $second -and $clock.Elapsed.TotalSeconds -lt 30) {
            Wait-SmtpTlsRelay $relay -Drained -Timeout 30
            $second = Get-SmtpTlsMessage | Where-Object { $_.Attempts -ge 2 -and $_.State -eq 'Deferred' }
        }

        ($second.NextAttemptAt - [DateTimeOffset]::Now).TotalSeconds | Should -BeGreaterThan 30
    }

    It 'takes days as they are typed, though PowerShell reads 4d as a number' {
        $relay = Start-SmtpTlsRelay -Name edge @queue @local -Route $route -GiveUpAfter 4d -DelayWarningAfter 30s -TrackingRetention 1d
        Send-TestMessage $relay
        Wait-SmtpTlsRelay -Drained -Timeout 30
        (Get-SmtpTlsMessage).State | Should -Be 'Deferred' -Because 'after four seconds it would be given up, and after four days it is not'
    }

    It 'gives a message up after -GiveUpAfter and tells its sender' {
        $sink = Start-SmtpTlsListener @local -Name sink
        $routes = (New-SmtpTlsRoute gone.example 127.0.0.1:1 -TlsLevel None), (New-SmtpTlsRoute * "127.0.0.1:$($sink.Port)" -TlsLevel None)
        $relay = Start-SmtpTlsRelay -Name edge @queue @local -Route $routes -RetrySchedule 50ms -GiveUpAfter 200ms -DelayWarningAfter 0
        Send-TestMessage $relay -To b@gone.example
        $report = $sink | Receive-SmtpTlsMessage -Timeout 30
        $report.From | Should -Be ''
        $report.To | Should -Be 'a@test'
        $report.GetText() | Should -BeLike '*multipart/report*'
    }

    It 'takes mail from its pickup folder' {
        $sink = Start-SmtpTlsListener @local -Name sink
        $null = Start-TestRelay $folder -To $sink -With @{ PickupPath = "$folder/pickup" }
        Set-Content "$folder/x.tmp" "From: a@test`r`nTo: b@test`r`nSubject: picked up`r`n`r`nhello"
        Move-Item "$folder/x.tmp" "$folder/pickup/x.eml"
        ($sink | Receive-SmtpTlsMessage -Timeout 30).Subject | Should -Be 'picked up'
    }

    It 'starts without a listener' {
        $relay = Start-SmtpTlsRelay @queue -Route $route -NoListener
        $relay.Name | Should -Be 'relay'
        $relay.Listeners.Count | Should -Be 0
    }

    It 'takes <what>' -ForEach @(
        @{ What = 'networks and addresses'; Arguments = { @{ AllowFrom = '192.0.2.0/24', '2001:db8::/32', '198.51.100.7', '::1' } } }
        @{ What = 'fingerprints'; Arguments = { @{ AllowClientCertificate = 'ab' * 32 } } }
        @{ What = 'name servers'; Arguments = { @{ NameServer = '192.0.2.53', '127.0.0.1:5353', '2001:db8::53', '[2001:db8::53]:5353' } } }
        @{ What = 'limits'; Arguments = { @{ MaximumConnectionsPerNextHop = 2; MessagesPerConnection = 5; MaximumMessageSize = 1000; MaximumRecipients = 3 } } }
        @{ What = 'a certificate and users'; Arguments = { @{ Certificate = $cert; StartTls = 'Always'; RequireAuthentication = $true; User = [pscredential]::new('ann', [Net.NetworkCredential]::new('', 'x').SecurePassword) } } }
    ) {
        $more = & $arguments
        (Start-SmtpTlsRelay -Name edge @queue @local -Route $route @more).IsRunning | Should -BeTrue
    }

    It 'says what is wrong with <what>' -ForEach @(
        @{ What = 'a network with bits behind its prefix'; Arguments = { @{ AllowFrom = '192.0.2.1/24' } }; Says = '*192.0.2.1/24*192.0.2.0/24*' }
        @{ What = 'a prefix that is too long'; Arguments = { @{ AllowFrom = '192.0.2.0/33' } }; Says = '*192.0.2.0/33*0 to 32*' }
        @{ What = 'a mask'; Arguments = { @{ AllowFrom = '192.0.2.0/255.255.255.0' } }; Says = '*mask*' }
        @{ What = 'a name in place of a network'; Arguments = { @{ AllowFrom = 'partner.example' } }; Says = '*partner.example*' }
        @{ What = 'a fingerprint'; Arguments = { @{ AllowClientCertificate = 'abc' } }; Says = '*abc*' }
        @{ What = 'a name server'; Arguments = { @{ NameServer = 'ns.test' } }; Says = '*ns.test*' }
        @{ What = 'two routes for one domain'; Arguments = { @{ Route = @((New-SmtpTlsRoute a.test), (New-SmtpTlsRoute A.test x.test)) } }; Says = '*A.test*route 1*' }
        @{ What = 'a queue in a folder that is not there'; Arguments = { @{ QueuePath = "$folder/none/edge.queue" } }; Says = '*none*' }
        @{ What = 'a pickup folder that is a file'; Arguments = { Set-Content "$folder/pickup" x; @{ PickupPath = "$folder/pickup" } }; Says = '*pickup*' }
        @{ What = 'a schedule of nothing'; Arguments = { @{ RetrySchedule = 0 } }; Says = '*Schedule*' }
        @{ What = 'a time before now'; Arguments = { @{ GiveUpAfter = -5 } }; Id = 'ParameterArgumentTransformationError'; Says = '*from zero*' }
        @{ What = 'days that PowerShell read as numbers'; Arguments = { @{ GiveUpAfter = 4d } }; Id = 'ParameterArgumentTransformationError'; Says = "*'4d' in quotes*" }
        @{ What = 'a schedule in words'; Arguments = { @{ RetrySchedule = 'soon' } }; Id = 'ParameterArgumentTransformationError'; Says = "*'soon'*" }
        @{ What = 'STARTTLS without a certificate'; Arguments = { @{ StartTls = 'Always' } }; Says = '*certificate*' }
    ) {
        $more = & $arguments
        $given = @{ QueuePath = "$folder/edge.queue"; Route = $route }
        foreach ($key in $more.Keys) { $given[$key] = $more[$key] }
        $caught = { Start-SmtpTlsRelay -Name edge @local @given } | Should -Throw -ErrorId "$($id ?? 'InvalidInput'),*" -PassThru
        $caught.Exception.Message | Should -BeLike $says
        Get-SmtpTlsRelay | Should -BeNullOrEmpty
        Get-SmtpTlsListener | Should -BeNullOrEmpty
    }

    It 'refuses a name that is taken, in any case' {
        $null = Start-TestRelay $folder
        $caught = { Start-SmtpTlsRelay -Name EDGE -QueuePath "$folder/other.queue" @local -Route $route } | Should -Throw -ErrorId 'InvalidInput,*' -PassThru
        $caught.Exception.Message | Should -BeLike '*EDGE*Stop-SmtpTlsRelay*'
        "$folder/other.queue" | Should -Not -Exist
    }

    It 'refuses a queue that another relay runs' {
        $null = Start-TestRelay $folder
        { Start-SmtpTlsRelay -Name second @queue @local -Route $route } | Should -Throw -ErrorId 'QueueInUse,*'
        (Get-SmtpTlsRelay).Name | Should -Be 'edge'
    }

    It 'refuses a file that is no queue, and leaves it as it is' {
        Set-Content "$folder/edge.queue" ('this is no database' * 1000)
        $before = Get-FileHash "$folder/edge.queue"
        { Start-SmtpTlsRelay -Name edge @queue @local -Route $route } | Should -Throw -ErrorId 'QueueUnavailable,*'
        (Get-FileHash "$folder/edge.queue").Hash | Should -Be $before.Hash
    }

    It 'lets go of the queue where its port is in use' {
        $taken = Start-SmtpTlsListener @local
        { Start-SmtpTlsRelay -Name edge @queue -Address 127.0.0.1 -Port $taken.Port -Route $route } | Should -Throw -ErrorId 'ListenFailed,*'
        (Start-SmtpTlsRelay -Name edge @queue @local -Route $route).IsRunning | Should -BeTrue
    }

    It 'starts nothing and makes no file with -WhatIf' {
        Start-SmtpTlsRelay -Name edge @queue @local -Route $route -WhatIf | Should -BeNullOrEmpty
        "$folder/edge.queue" | Should -Not -Exist
    }

    It 'reads paths relative to the current location' {
        Push-Location $folder
        try {
            (Start-SmtpTlsRelay -Name edge -QueuePath ./edge.queue @local -Route $route).QueueLocation | Should -Be (Join-Path $folder edge.queue)
        }
        finally {
            Pop-Location
        }
    }

    It 'is the target of a listener that is added, with its certificate and host name' {
        $sink = Start-SmtpTlsListener @local -Name sink
        $relay = Start-TestRelay $folder -To $sink -With @{ Certificate = $cert; StartTls = 'Always'; HostName = 'edge.test' }
        $credential = [pscredential]::new('ann', [Net.NetworkCredential]::new('', 'x').SecurePassword)
        $listener = Start-SmtpTlsListener -Relay $relay @local -Name users -TlsMode Implicit -RequireAuthentication -User $credential
        $listener.HostName | Should -Be 'edge.test'
        $listener.Certificates[0].Thumbprint | Should -Be $cert.Thumbprint
        $relay.Listeners.Name | Should -Be 'edge', 'users'
        (Get-SmtpTlsListener users).Port | Should -Be $listener.Port
        $null = Send-SmtpTlsMessage localhost -Port $listener.Port -TlsMode Implicit -TrustedCertificate $cert -Credential $credential -From a@test -To b@test
        ($sink | Receive-SmtpTlsMessage -Timeout 30).To | Should -Be 'b@test'
        (Get-SmtpTlsTrackingLog -Kind Receive).Origin.User | Should -Be 'ann'
        { Start-SmtpTlsListener -Relay edge @local -Name users } | Should -Throw -ErrorId 'InvalidInput,*'
        { Start-SmtpTlsListener -Relay nobody @local } | Should -Throw -ErrorId 'InvalidInput,*'
        Stop-SmtpTlsListener users
        $relay.IsRunning | Should -BeTrue
        (Get-SmtpTlsListener).Name | Should -Be 'edge', 'sink'
    }

    It 'has nothing to receive at its listeners, and says where the mail is' {
        $null = Start-TestRelay $folder
        Receive-SmtpTlsMessage edge -Timeout 0 -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        "$($problem.Exception.Message)" | Should -BeLike '*relay*edge*Get-SmtpTlsMessage*'
    }
}
