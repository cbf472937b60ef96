using System.Security.Authentication;
using SmtpTls.Protocol;
using SmtpTls.Tls;

namespace SmtpTls.Relay;

/// <summary>What can be wrong with a route's TLS and with the credential that is used inside it.</summary>
internal static class RouteTlsCheck
{
#pragma warning disable CA5397, SYSLIB0039 // Named to say what may be asked for; TLS 1.0 and 1.1 are findings where they are used.
    private const SslProtocols Known = SslProtocols.Tls | SslProtocols.Tls11 | SslProtocols.Tls12 | SslProtocols.Tls13;
#pragma warning restore CA5397, SYSLIB0039

    /// <summary>The first complaint, and what to do about it; null where there is none.</summary>
    public static (string Message, string Advice)? FirstComplaint(SmtpRoute route) =>
        AboutLevel(route) ?? AboutFingerprints(route) ?? AboutNamesAndKeys(route) ?? AboutCredential(route);

    private static (string, string)? AboutLevel(SmtpRoute route)
    {
        if (!Enum.IsDefined(route.TlsMode) || !Enum.IsDefined(route.TlsLevel) || !Enum.IsDefined(route.TlsIdentity))
        {
            return ("TlsMode, TlsLevel or TlsIdentity has a value that does not exist.", "Use the names of the enumerations.");
        }

        if (route.TlsMode == TlsMode.None && route.TlsLevel >= TlsLevel.Encrypt)
        {
            return ($"TlsMode None and TlsLevel {route.TlsLevel} contradict each other: the level requires TLS.", "Leave TlsMode at StartTls, or use TlsLevel None.");
        }

        if (route.TlsMode == TlsMode.Implicit && route.TlsLevel == TlsLevel.None)
        {
            return ("TlsMode Implicit and TlsLevel None contradict each other: the mode begins with TLS.", "Use TlsLevel Encrypt or a stronger one, or TlsMode None.");
        }

        return (route.Protocols & ~Known) != SslProtocols.None
            ? ($"the protocols {route.Protocols} hold something other than TLS 1.0 to 1.3.", "Give Tls12, Tls13 or both; None leaves the choice to the system.")
            : null;
    }

    private static (string, string)? AboutFingerprints(SmtpRoute route)
    {
        if (route.Fingerprints is null || route.TrustedCertificates is null)
        {
            return ("its list of fingerprints or of trusted certificates is null.", "Leave it out.");
        }

        if (route.TlsLevel == TlsLevel.Fingerprint && route.Fingerprints.Count == 0)
        {
            return ("TlsLevel Fingerprint needs at least one fingerprint.", "Get-SmtpTlsCertificate shows a server's SHA-256 fingerprints; confirm them with its administrator.");
        }

        foreach (var fingerprint in route.Fingerprints)
        {
            if (!Fingerprint.TryNormalize(fingerprint, out _, out var error))
            {
                return ($"the fingerprint '{Show(fingerprint)}' cannot be used: {error}.", "Give 64 hexadecimal digits, with or without colons.");
            }
        }

        return route.Fingerprints.Count > 0 && route.TlsLevel != TlsLevel.Fingerprint
            ? ($"it has fingerprints, and at TlsLevel {route.TlsLevel} nobody would look at them.", "Use TlsLevel Fingerprint, or leave them out.")
            : null;
    }

    private static (string, string)? AboutNamesAndKeys(SmtpRoute route)
    {
        if (route.ServerName is not null && !ReferenceIdentity.TryParse(route.ServerName, out _, out var error))
        {
            return ($"the server name '{Show(route.ServerName)}' is neither a host name nor an address: {error}.", "Give the name that the certificate has to carry.");
        }

        return route.ClientCertificate is { HasPrivateKey: false } certificate
            ? ($"the client certificate {Show(certificate.Subject)} has no private key.", "Give a PFX file, or certificate and key together.")
            : null;
    }

    private static (string, string)? AboutCredential(SmtpRoute route)
    {
        if (route.Credential is not { } credential)
        {
            return null;
        }

        if (route.SmartHosts.Count == 0)
        {
            return ("it has a credential and no smart host: whoever a domain's MX records name would get the password.", "Name the smart host that the credential is for.");
        }

        if (route.TlsLevel < TlsLevel.Encrypt || route.TlsMode == TlsMode.None)
        {
            return (
                $"it has a credential, and at TlsLevel {route.TlsLevel} the session may be in plain text: a password is never sent there.",
                "Use TlsLevel Secure, or Encrypt where the smart host's certificate cannot be verified.");
        }

        // NUL separates the parts of PLAIN's message (RFC 4616 §2).
        return credential.UserName.Length == 0 || credential.Password.Length == 0
            || $"{credential.Domain}{credential.UserName}{credential.Password}".Contains('\0', StringComparison.Ordinal)
            ? ("the credential has no user name, no password, or a NUL character in one of them.", "Give a user name and a password.")
            : null;
    }

    private static string Show(string? text) => Printable.Line(text ?? "", 100);
}
