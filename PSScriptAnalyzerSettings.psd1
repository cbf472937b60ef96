@{
    IncludeDefaultRules = $true
    ExcludeRules        = @(
        # PowerShell 7, the only one that runs these scripts, reads UTF-8 without a mark.
        'PSUseBOMForUnicodeEncodedFile'
    )
}
