namespace SmtpTls.Cli.Output;

/// <summary>What is known of a TLS session, in one line for people.</summary>
internal static class TlsText
{
    public static string? Session(TlsEvidence? tls) => tls is null
        ? null
        : $"{tls.Protocol}, {tls.CipherSuite}, by {(tls.Mode == TlsMode.Implicit ? "implicit TLS" : "STARTTLS")}";

    public static string? Identity(TlsEvidence? tls)
    {
        if (tls?.ReferenceIdentity is not { } expected)
        {
            return null;
        }

        var how = tls.IdentityUsed == TlsIdentity.Address ? " (compared with the dialled address, as asked)" : "";
        var skipped = tls.CheckSkipped ? "; not enforced" : "";
        return tls.MatchedIdentity is { } matched
            ? $"{expected} matches {matched} in the certificate{how}; {(tls.Verified ? "verified" : "not verified")}{skipped}"
            : $"{expected} matches nothing in the certificate{how}; {(tls.Verified ? "verified by fingerprint" : "not verified")}{skipped}";
    }
}
