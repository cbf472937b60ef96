@{
    RootModule           = 'SmtpTls.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '4ef2379a-a923-4e5b-ad7b-7a0a904962ca'
    Author               = 'SmtpTls contributors'
    CompanyName          = 'SmtpTls contributors'
    Copyright            = 'SmtpTls contributors'
    Description          = 'Listens for SMTP, sends mail over TLS with proof of how it went, inspects the certificates of mail servers and asks whether STARTTLS is available.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @('SmtpTls.Format.ps1xml')
    FunctionsToExport    = @()
    CmdletsToExport      = @(
        'Get-SmtpTlsCapability'
        'Get-SmtpTlsCertificate'
        'Get-SmtpTlsListener'
        'New-SmtpTlsCertificate'
        'Receive-SmtpTlsMessage'
        'Send-SmtpTlsMessage'
        'Start-SmtpTlsListener'
        'Stop-SmtpTlsListener'
    )
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags = @('SMTP', 'TLS', 'STARTTLS', 'mail', 'certificate')
        }
    }
}
