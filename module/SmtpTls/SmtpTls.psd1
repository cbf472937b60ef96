@{
    RootModule           = 'SmtpTls.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '4ef2379a-a923-4e5b-ad7b-7a0a904962ca'
    Author               = 'SmtpTls contributors'
    CompanyName          = 'SmtpTls contributors'
    Copyright            = 'SmtpTls contributors'
    Description          = 'Listens for SMTP, relays mail through a durable queue, sends it over TLS with proof of how it went, inspects the certificates of mail servers and asks whether STARTTLS is available.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @('SmtpTls.Format.ps1xml')
    FunctionsToExport    = @()
    CmdletsToExport      = @(
        'Export-SmtpTlsMessage'
        'Get-SmtpTlsCapability'
        'Get-SmtpTlsCertificate'
        'Get-SmtpTlsListener'
        'Get-SmtpTlsMessage'
        'Get-SmtpTlsQueue'
        'Get-SmtpTlsRelay'
        'Get-SmtpTlsTrackingLog'
        'Import-SmtpTlsMessage'
        'New-SmtpTlsCertificate'
        'New-SmtpTlsRoute'
        'Receive-SmtpTlsMessage'
        'Remove-SmtpTlsMessage'
        'Resume-SmtpTlsMessage'
        'Send-SmtpTlsMessage'
        'Start-SmtpTlsDelivery'
        'Start-SmtpTlsListener'
        'Start-SmtpTlsRelay'
        'Stop-SmtpTlsListener'
        'Stop-SmtpTlsRelay'
        'Suspend-SmtpTlsMessage'
        'Wait-SmtpTlsRelay'
    )
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags = @('SMTP', 'TLS', 'STARTTLS', 'mail', 'relay', 'queue', 'certificate')
        }
    }
}
