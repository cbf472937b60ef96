BeforeDiscovery {
    $script:analyzer = Get-Module -ListAvailable PSScriptAnalyzer
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
    $script:path = Get-TestedModulePath
    $script:root = Join-Path $PSScriptRoot '../..'
}

Describe 'The module' {
    It 'has a manifest that holds' {
        $manifest = Test-ModuleManifest (Join-Path $path 'SmtpTls.psd1')
        $manifest.PowerShellVersion | Should -Be '7.4'
        $manifest.CompatiblePSEditions | Should -Be 'Core'
        $version = ([xml](Get-Content (Join-Path $root 'Directory.Build.props'))).SelectSingleNode('//Version').InnerText
        $manifest.Version.ToString() | Should -Be $version
    }

    It 'exports every cmdlet of its assembly by name, and nothing else' {
        $assembly = [SmtpTls.Module.ListenerRegistry].Assembly
        $declared = $assembly.GetExportedTypes() | ForEach-Object {
            $cmdlet = $_.GetCustomAttributes([Management.Automation.CmdletAttribute], $false)
            if ($cmdlet) { "$($cmdlet.VerbName)-$($cmdlet.NounName)" }
        }
        $module = Get-Module SmtpTls
        $module.ExportedCommands.Keys | Sort-Object | Should -Be ($declared | Sort-Object)
        (Import-PowerShellDataFile (Join-Path $path 'SmtpTls.psd1')).CmdletsToExport | Sort-Object | Should -Be ($declared | Sort-Object)
        $module.ExportedFunctions.Count + $module.ExportedAliases.Count + $module.ExportedVariables.Count | Should -Be 0
    }

    It 'uses approved verbs' {
        (Get-Module SmtpTls).ExportedCmdlets.Values.Verb | Sort-Object -Unique | ForEach-Object { $_ | Should -BeIn (Get-Verb).Verb }
    }

    It 'brings no assembly but its own' {
        Get-ChildItem (Join-Path $path 'bin') -Filter *.dll | ForEach-Object { $_.Name | Should -BeLike 'SmtpTls*' }
    }

    It 'has a category for every code' {
        $map = [SmtpTls.Module.ListenerRegistry].Assembly.GetType('SmtpTls.Module.ErrorRecords').GetMethod('CategoryOf', [Reflection.BindingFlags]'NonPublic, Static')
        foreach ($code in [enum]::GetValues([SmtpTls.FindingCode])) {
            $map.Invoke($null, @($code)) | Should -Not -Be 'NotSpecified' -Because "$code is a failure that an administrator can meet"
        }
    }

    It 'has scripts that PSScriptAnalyzer finds nothing in' -Skip:(-not $analyzer) {
        Import-Module PSScriptAnalyzer
        $settings = Join-Path $root 'PSScriptAnalyzerSettings.psd1'
        $scripts = @($path, (Join-Path $root 'tests/Module'), (Join-Path $root 'build.ps1'))
        $scripts | ForEach-Object { Invoke-ScriptAnalyzer -Path $_ -Recurse -Settings $settings } |
            ForEach-Object { "$($_.ScriptName):$($_.Line) $($_.RuleName): $($_.Message)" } | Should -BeNullOrEmpty
    }
}
