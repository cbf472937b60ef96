BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')

    # Opens a queue as the cmdlets do, in the process that the module is loaded into; takes a message in, and counts what waits.
    $script:useQueue = @'
$queueFile = [SmtpTls.Module.ListenerRegistry].Assembly.GetType('SmtpTls.Module.QueueFile')
$open = $queueFile.GetMethod('OpenForRelayAsync', [Reflection.BindingFlags]'NonPublic, Static')
$store = $open.Invoke($null, [object[]]([IO.Path]::Combine($folder, 'test.queue'), [Threading.CancellationToken]::None)).GetAwaiter().GetResult()
$message = [SmtpTls.Queue.NewMessage]@{
    Id         = [SmtpTls.QueueId]::new(1)
    ReversePath = 'a@test'
    Recipients = [SmtpTls.Queue.NewRecipient[]]@([SmtpTls.Queue.NewRecipient]::new('b@test', 'test', 'test'))
    Size       = 3
    ReceivedAt = [DateTimeOffset]::UtcNow
    Origin     = [SmtpTls.MessageOrigin]@{ Kind = 'Import' }
}
$null = $store.EnqueueAsync($message, [IO.MemoryStream]::new([byte[]](1, 2, 3)), [Threading.CancellationToken]::None).AsTask().GetAwaiter().GetResult()
$waiting = $store.SummarizeAsync([DateTimeOffset]::UtcNow, [Threading.CancellationToken]::None).AsTask().GetAwaiter().GetResult()
'queue {0} {1}' -f $waiting[0].NextHop, $waiting[0].Total
$null = $store.DisposeAsync().AsTask().GetAwaiter().GetResult()
'@
}

Describe 'What the queue is kept with' {
    BeforeEach {
        $script:folder = (New-Item -ItemType Directory (Join-Path $TestDrive ([guid]::NewGuid()))).FullName
    }

    It 'is loaded apart: none of it is in the default context, and the engine is there and nowhere else' {
        Invoke-FreshPowerShell "`$folder = '$folder'`n$useQueue`n$(@'
foreach ($context in [Runtime.Loader.AssemblyLoadContext]::All) {
    $kept = @($context.Assemblies | Where-Object { $_.GetName().Name -match '^(SmtpTls|SQLitePCLRaw|Microsoft\.Data\.Sqlite)' } | ForEach-Object { $_.GetName().Name } | Sort-Object -Unique)
    if ($kept) { '{0}: {1}' -f $context.Name, ($kept -join ' ') }
}
'@)" | Should -Be @(
            'queue test 1'
            'Default: SmtpTls.Engine SmtpTls.Module'
            'SmtpTls.Storage: SmtpTls.Storage SQLitePCLRaw.batteries_v2 SQLitePCLRaw.core SQLitePCLRaw.provider.e_sqlite3'
        )
    }

    It 'does not meet another version of the same libraries that another module brought' {
        # Libraries by the same names, of another version and with nothing in them that a queue could use. PowerShell brings the compiler.
        Add-Type -AssemblyName Microsoft.CodeAnalysis.CSharp
        $source = [Microsoft.CodeAnalysis.CSharp.CSharpSyntaxTree]::ParseText('[assembly: System.Reflection.AssemblyVersion("1.2.3.4")]')
        $runtime = [Microsoft.CodeAnalysis.MetadataReference]::CreateFromFile([object].Assembly.Location)
        $library = [Microsoft.CodeAnalysis.CSharp.CSharpCompilationOptions]::new('DynamicallyLinkedLibrary')
        foreach ($name in 'SQLitePCLRaw.core', 'SQLitePCLRaw.batteries_v2', 'SQLitePCLRaw.provider.e_sqlite3', 'Microsoft.Data.Sqlite') {
            $file = [IO.File]::Create([IO.Path]::Combine($folder, "$name.dll"))
            $compilation = [Microsoft.CodeAnalysis.CSharp.CSharpCompilation]::Create($name, [Microsoft.CodeAnalysis.SyntaxTree[]]$source, [Microsoft.CodeAnalysis.MetadataReference[]]$runtime, $library)
            $compilation.Emit($file).Success | Should -BeTrue
            $file.Dispose()
        }

        Invoke-FreshPowerShell "`$folder = '$folder'`n$(@'
Get-ChildItem $folder -Filter *.dll | ForEach-Object { $null = [Reflection.Assembly]::LoadFrom($_.FullName) }
'@)`n$useQueue`n$(@'
[Runtime.Loader.AssemblyLoadContext]::Default.Assemblies | ForEach-Object { $_.GetName() } | Where-Object Name -match '^(SQLitePCLRaw|Microsoft\.Data\.Sqlite)' |
    Sort-Object Name | ForEach-Object { '{0} {1}' -f $_.Name, $_.Version }
'@)" | Should -Be @(
            'queue test 1'
            'Microsoft.Data.Sqlite 1.2.3.4'
            'SQLitePCLRaw.batteries_v2 1.2.3.4'
            'SQLitePCLRaw.core 1.2.3.4'
            'SQLitePCLRaw.provider.e_sqlite3 1.2.3.4'
        )
    }

    It 'is there for the systems that PowerShell runs on' {
        $natives = Get-ChildItem (Join-Path (Get-TestedModulePath) 'bin/storage/runtimes') -Recurse -File | ForEach-Object { $_.Directory.Parent.Name }
        foreach ($system in 'linux-x64', 'linux-arm64', 'linux-musl-x64', 'osx-x64', 'osx-arm64', 'win-x64', 'win-arm64') {
            $natives | Should -Contain $system
        }
    }
}
