BeforeDiscovery {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
    $script:names = (Get-Module SmtpTls).ExportedCmdlets.Keys | Sort-Object
    $script:cmdlets = $names | ForEach-Object { @{ Name = $_ } }
    $script:examples = foreach ($name in $names) {
        foreach ($example in (Get-Help $name).examples.example) {
            @{ Name = $name; Title = $example.title; Code = $example.code }
        }
    }
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSupport.psm1')
    Import-TestedModule
    function Get-OwnParameter($Command) {
        $Command.Parameters.Values | Where-Object Name -NotIn ([Management.Automation.PSCmdlet]::CommonParameters)
    }
}

Describe 'The help of <name>' -ForEach $cmdlets {
    BeforeAll {
        $script:help = Get-Help $name -Full
        $script:command = Get-Command $name
    }

    It 'has synopsis, description and at least two examples' {
        $help.Synopsis | Should -Not -BeNullOrEmpty
        $help.Synopsis | Should -Not -BeLike "*$name *-*" -Because 'that would be the syntax in its place'
        "$($help.description.Text)".Length | Should -BeGreaterThan 80
        @($help.examples.example).Count | Should -BeGreaterOrEqual 2
    }

    It 'documents every parameter, and none that is not there' {
        $documented = $help.parameters.parameter
        $documented.name | Sort-Object | Should -Be ((Get-OwnParameter $command).Name | Sort-Object)
        foreach ($parameter in $documented) {
            "$($parameter.description.Text)".Trim() | Should -Not -BeNullOrEmpty -Because "-$($parameter.name) has to be explained"
        }
    }

    It 'knows aliases, position and pipeline of every parameter' {
        foreach ($parameter in Get-OwnParameter $command) {
            $documented = $help.parameters.parameter | Where-Object name -EQ $parameter.Name
            $documented.aliases | Should -Be ($parameter.Aliases.Count ? $parameter.Aliases -join ', ' : 'none')
            $sets = @($parameter.ParameterSets.Values)
            $position = ($sets | Where-Object Position -GE 0 | Select-Object -First 1).Position ?? 'named'
            $documented.position | Should -Be $position
            $ways = @(
                if ($sets.ValueFromPipeline -contains $true) { 'ByValue' }
                if ($sets.ValueFromPipelineByPropertyName -contains $true) { 'ByPropertyName' }
            )
            $documented.pipelineInput | Should -Be ($ways ? "True ($($ways -join ', '))" : 'False')
        }
    }

    It 'shows each parameter set in the syntax' {
        $hidden = (Get-OwnParameter $command | Where-Object { $_.Attributes.DontShow -contains $true }).Name
        $shown = @($help.syntax.syntaxItem) | ForEach-Object { ($_.parameter.name | Sort-Object) -join ' ' } | Sort-Object
        $real = $command.ParameterSets | ForEach-Object {
            ($_.Parameters.Name | Where-Object { $_ -notin [Management.Automation.PSCmdlet]::CommonParameters -and $_ -notin $hidden } | Sort-Object) -join ' '
        } | Sort-Object
        $shown | Should -Be $real
    }

    It 'names the type that the cmdlet returns' {
        $help.returnValues.returnValue.type.name | Should -Be ($command.OutputType.Name ?? 'None')
    }
}

Describe 'The examples' {
    AfterEach { Stop-Everything }

    It '<name>, <title>, runs and leaves no listener and no relay behind' -ForEach $examples {
        $before = @(Get-SmtpTlsListener).Count
        $null = & ([scriptblock]::Create("`$ErrorActionPreference = 'Stop'`n$code")) 3>&1 6>&1
        @(Get-SmtpTlsListener).Count | Should -Be $before
        Get-SmtpTlsRelay | Should -BeNullOrEmpty
    }
}
