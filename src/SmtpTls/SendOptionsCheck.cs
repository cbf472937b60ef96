using System.Globalization;
using System.Net;
using SmtpTls.Protocol;
using SmtpTls.Tls;

namespace SmtpTls;

/// <summary>What <see cref="SendOptions.Validate"/> looks at, in the order in which a caller would mend it.</summary>
internal static class SendOptionsCheck
{
    /// <summary>The first thing that is wrong, and what to do about it; null where nothing is.</summary>
    public static (string Message, string Advice)? FirstComplaint(SendOptions options) =>
        AboutTheServer(options) ?? AboutTls(options) ?? AboutTheCredential(options) ?? AboutTheRest(options);

    private static (string, string)? AboutTheServer(SendOptions options)
    {
        if (!ReferenceIdentity.TryParse(options.Server, out _, out var error))
        {
            return ($"The server '{Show(options.Server)}' is neither a host name nor an address: {error}.", "Give the name alone; the port goes into Port.");
        }

        if (options.ServerName is not null && !ReferenceIdentity.TryParse(options.ServerName, out _, out error))
        {
            return ($"The server name '{Show(options.ServerName)}' is neither a host name nor an address: {error}.", "Give the name that the certificate has to carry.");
        }

        if (options.EffectivePort is < 1 or > IPEndPoint.MaxPort)
        {
            return (string.Create(CultureInfo.InvariantCulture, $"The port {options.EffectivePort} is not between 1 and {IPEndPoint.MaxPort}."), "Usual ports are 25, 587 and, with TLS from the first byte, 465.");
        }

        return options.Address is not null
            && (!ReferenceIdentity.TryParse(options.Address, out var address, out _) || address.Kind != ReferenceIdentityKind.IPAddress)
            ? ($"The address '{Show(options.Address)}' is not an IP address.", "A name goes into Server; Address is only for dialling another address than the name's own.")
            : null;
    }

    private static (string, string)? AboutTls(SendOptions options)
    {
        var level = options.EffectiveLevel;
        if (!Enum.IsDefined(options.TlsMode) || !Enum.IsDefined(level) || !Enum.IsDefined(options.TlsIdentity))
        {
            return ("TlsMode, TlsLevel or TlsIdentity has a value that does not exist.", "Use the names of the enumerations.");
        }

        if (options.TlsMode == TlsMode.None && level >= TlsLevel.Encrypt)
        {
            return ($"TlsMode None and TlsLevel {level} contradict each other: the level requires TLS.", "Leave TlsMode at StartTls, or use TlsLevel None.");
        }

        if (options.TlsMode == TlsMode.Implicit && level == TlsLevel.None)
        {
            return ("TlsMode Implicit and TlsLevel None contradict each other: the mode begins with TLS.", "Leave TlsLevel at Secure, or use TlsMode None.");
        }

        if (level == TlsLevel.Fingerprint && options.Fingerprints.Count == 0)
        {
            return ("TlsLevel Fingerprint needs at least one fingerprint.", "Get-SmtpTlsCertificate shows a server's SHA-256 fingerprints; confirm them with its administrator.");
        }

        foreach (var fingerprint in options.Fingerprints)
        {
            if (!Fingerprint.TryNormalize(fingerprint, out _, out var error))
            {
                return ($"The fingerprint '{Show(fingerprint)}' cannot be used: {error}.", "Give 64 hexadecimal digits, with or without colons.");
            }
        }

        return options.ClientCertificate is { HasPrivateKey: false } certificate
            ? ($"The client certificate {certificate.Subject} has no private key.", "Give a PFX file, or certificate and key together.")
            : null;
    }

    private static (string, string)? AboutTheCredential(SendOptions options)
    {
        if (options.Credential is not { } credential)
        {
            return null;
        }

        if (options.EffectiveLevel == TlsLevel.None)
        {
            return ("A credential cannot be used without TLS: a password is never sent in plain text.", "Leave TlsMode at StartTls and TlsLevel at Secure, or send without a credential.");
        }

        // NUL separates the parts of PLAIN's message (RFC 4616 §2).
        return credential.UserName.Length == 0 || credential.Password.Length == 0 || SaslCredential.From(credential).UserName.Contains('\0', StringComparison.Ordinal) || credential.Password.Contains('\0', StringComparison.Ordinal)
            ? ("The credential has no user name, no password, or a NUL character in one of them.", "Give a user name and a password.")
            : null;
    }

    private static (string, string)? AboutTheRest(SendOptions options)
    {
        if (options.HelloName is not null && !IsHelloName(options.HelloName))
        {
            return ($"The EHLO name '{Show(options.HelloName)}' is neither a host name nor an address literal.", "Give a host name, or an address in brackets: [192.0.2.1] or [IPv6:2001:db8::1] (RFC 5321 §4.1.3).");
        }

        if (options.Timeouts.FirstUnusable() is { } name)
        {
            return ($"The time-out {name} is zero, negative or longer than {ClientTimeouts.Longest.TotalDays:0} days.", "Give a time above zero.");
        }

        return options.MaximumAddresses < 1 ? ("MaximumAddresses is below 1.", "Give the number of addresses to try, 1 or more.") : null;
    }

    private static bool IsHelloName(string name)
    {
        if (!name.StartsWith('[') || !name.EndsWith(']'))
        {
            return DnsName.TryParse(name, out _, out _);
        }

        if (name.Contains('%'))
        {
            return false;
        }

        const string SixTag = "[IPv6:";
        return name.StartsWith(SixTag, StringComparison.OrdinalIgnoreCase)
            ? IPAddress.TryParse(name[SixTag.Length..^1], out var six) && six.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            : IPAddress.TryParse(name[1..^1], out var four) && four.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
    }

    private static string Show(string? text) => Printable.Line(text ?? "", 100);
}
