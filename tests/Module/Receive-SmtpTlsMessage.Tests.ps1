BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
    function Send-Trial([string] $Subject) {
        $null = Send-SmtpTlsMessage localhost -Port $listener.Port -TlsMode None -From a@test -To b@test -Subject $Subject -Body 'text'
    }
}

Describe 'Receive-SmtpTlsMessage' {
    BeforeEach { $script:listener = Start-SmtpTlsListener -Port 0 -Name trial }
    AfterEach { $listener | Stop-SmtpTlsListener -DrainTimeout 0 }

    It 'returns messages once, in the order of their arrival' {
        'first', 'second', 'third' | ForEach-Object { Send-Trial $_ }
        (Receive-SmtpTlsMessage -Listener $listener -Count 2 -Timeout 5).Subject | Should -Be 'first', 'second'
        (Receive-SmtpTlsMessage trial -Timeout 5).Subject | Should -Be 'third'
        $listener.Capture.Count | Should -Be 0
    }

    It 'takes listeners and names from the pipeline' {
        'first', 'second' | ForEach-Object { Send-Trial $_ }
        ($listener | Receive-SmtpTlsMessage -Timeout 5).Subject | Should -Be 'first'
        ('trial' | Receive-SmtpTlsMessage -Timeout 5).Subject | Should -Be 'second'
    }

    It 'has envelope, size and content' {
        Send-Trial 'Grüße'
        $message = $listener | Receive-SmtpTlsMessage -Timeout 5
        $message | Should -BeOfType ([SmtpTls.ReceivedMessage])
        $message.From, $message.To, $message.Subject | Should -Be 'a@test', 'b@test', 'Grüße'
        $message.GetText() | Should -BeLike '*text*'
        $message.Size | Should -BeGreaterThan 100
    }

    It 'waits for a message that is still to come' {
        $path = Get-TestedManifest
        $port = $listener.Port
        $job = Start-ThreadJob {
            Import-Module $using:path
            Send-SmtpTlsMessage localhost -Port $using:port -TlsMode None -From a@test -To b@test -Subject later
        }
        (Receive-SmtpTlsMessage $listener -Timeout 30).Subject | Should -Be 'later'
        $job | Receive-Job -Wait -AutoRemoveJob | Select-Object -ExpandProperty Accepted | Should -BeTrue
    }

    It 'returns what came and has an error that tells what did not' {
        Send-Trial 'only'
        $received = Receive-SmtpTlsMessage $listener -Count 3 -Timeout 0.2 -ErrorVariable failed -ErrorAction SilentlyContinue
        $received.Subject | Should -Be 'only'
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'TimedOut,*'
        $failed[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
        $failed[0].TargetObject | Should -Be $listener
        $failed[0].Exception.Message | Should -BeLike "1 of 3 messages*'trial'*"
    }

    It 'takes no more messages than the pipeline wants' {
        'first', 'second', 'third' | ForEach-Object { Send-Trial $_ }
        (Receive-SmtpTlsMessage $listener -Count 3 -Timeout 5 | Select-Object -First 1).Subject | Should -Be 'first'
        (Receive-SmtpTlsMessage $listener -Count 2 -Timeout 5).Subject | Should -Be 'second', 'third'
    }

    It 'does not wait for a listener that was stopped' {
        $listener | Stop-SmtpTlsListener
        $time = Measure-Command { Receive-SmtpTlsMessage $listener -Timeout 60 -ErrorAction SilentlyContinue }
        $time.TotalSeconds | Should -BeLessThan 10
    }

    It 'says that a capture to a folder leaves nothing to receive' {
        $folder = Join-Path ([IO.Path]::GetTempPath()) ([guid]::NewGuid())
        $capturing = Start-SmtpTlsListener -Port 0 -Name capturing -CapturePath $folder
        try {
            { Receive-SmtpTlsMessage capturing -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidInput,*'
        }
        finally {
            $capturing | Stop-SmtpTlsListener -DrainTimeout 0
            Remove-Item $folder -Recurse
        }
    }

    It 'has an error for <what>' -ForEach @(
        @{ What = 'a name that does not exist'; Given = 'nobody'; Id = 'InvalidInput' }
        @{ What = 'a number'; Given = 25; Id = 'ParameterArgumentTransformationError' }
    ) {
        { Receive-SmtpTlsMessage -Listener $given -ErrorAction Stop } | Should -Throw -ErrorId "$id,*"
    }

    It 'ends at once when it is stopped, as by Ctrl+C' {
        $shell = [powershell]::Create().AddScript('param($path) Import-Module $path; "ready"; Receive-SmtpTlsMessage trial -Timeout 600').AddArgument((Get-TestedManifest))
        try {
            $output = [Management.Automation.PSDataCollection[psobject]]::new()
            $nothing = [Management.Automation.PSDataCollection[psobject]]::new()
            $nothing.Complete()
            $null = $shell.BeginInvoke($nothing, $output)
            $null = $output.GetEnumerator().MoveNext() # waits for the first output
            (Measure-Command { $shell.Stop() }).TotalSeconds | Should -BeLessThan 5
            $shell.InvocationStateInfo.State | Should -Be 'Stopped'
        }
        finally {
            $shell.Dispose()
        }

        Send-Trial 'not lost'
        (Receive-SmtpTlsMessage $listener -Timeout 5).Subject | Should -Be 'not lost'
    }
}
