using System.Security.Cryptography.X509Certificates;

namespace SmtpTls.Module;

/// <summary>A certificate as it was given to a parameter: an object, a file's path, or a thumbprint.</summary>
public sealed class CertificateArgument
{
    // SHA-1 in hexadecimal, as Windows' certificate stores show it.
    private const int ThumbprintDigits = 40;

    private readonly object _given;

    internal CertificateArgument(object given) => _given = given;

    /// <summary>What was given.</summary>
    public override string ToString() => _given.ToString() ?? "";

    /// <summary>40 hexadecimal digits, with or without blanks, colons and the invisible mark that Windows' dialog puts before them.</summary>
    internal static bool IsThumbprint(string text) =>
        text.Count(char.IsAsciiHexDigit) == ThumbprintDigits && text.All(c => char.IsAsciiHexDigit(c) || c is ' ' or ':' or '\u200E');

    /// <summary>The certificate for a listener, with its key and chain.</summary>
    /// <param name="keyPath">The file of the key, where the certificate's file does not hold it.</param>
    /// <param name="password">Opens a PFX file or a key.</param>
    /// <exception cref="SmtpException">It cannot be used; the message says why.</exception>
    internal ListenerCertificate ToListenerCertificate(string? keyPath, string? password) => _given switch
    {
        ListenerCertificate ready => ready,
        IssuedCertificate issued => issued.ToListenerCertificate(),
        X509Certificate2 certificate => ListenerCertificate.FromCertificate(certificate),
        string thumbprint when IsThumbprint(thumbprint) => FromStore(thumbprint),
        string path when keyPath is not null => ListenerCertificate.FromPem(path, keyPath, password),
        _ => ListenerCertificate.FromFile((string)_given, password),
    };

    /// <summary>The certificates to trust. Of what New-SmtpTlsCertificate returned that is the issuer.</summary>
    /// <exception cref="SmtpException">The file cannot be read.</exception>
    internal IReadOnlyList<X509Certificate2> ToTrusted() => _given switch
    {
        ListenerCertificate listener => [listener.ExportPublic()],
        IssuedCertificate issued => [issued.Issuer],
        X509Certificate2 certificate => [certificate],
        string thumbprint when IsThumbprint(thumbprint) => throw Unusable(
            $"{thumbprint} is a thumbprint, and what is to be trusted has to be there whole.", "Give the certificate, or a file that holds it."),
        _ => CertificateFile.ReadTrusted((string)_given),
    };

    /// <summary>The certificate that a client shows, with its key.</summary>
    /// <exception cref="SmtpException">It is none that a client can show.</exception>
    internal X509Certificate2 ToClientCertificate() => _given switch
    {
        X509Certificate2 certificate => certificate,
        IssuedCertificate issued => issued.Certificate,
        string path when !IsThumbprint(path) => CertificateFile.ReadClient(path),
        _ => throw Unusable(
            "A client certificate has to be there with its private key: an X509Certificate2, what New-SmtpTlsCertificate returned, or the path of a file.",
            "Take one from a store with Get-Item Cert:\\CurrentUser\\My\\THUMBPRINT, or read a PFX file that has a password with Get-PfxCertificate."),
    };

    // Services keep theirs under LocalMachine, people under CurrentUser; Linux has only the latter.
    private static ListenerCertificate FromStore(string thumbprint)
    {
        if (!OperatingSystem.IsWindows())
        {
            return ListenerCertificate.FromStore(thumbprint);
        }

        try
        {
            return ListenerCertificate.FromStore(thumbprint);
        }
        catch (SmtpException)
        {
            return ListenerCertificate.FromStore(thumbprint, StoreLocation.LocalMachine);
        }
    }

    private static SmtpException Unusable(string message, string advice) => new(
        new SmtpFailure { Code = FindingCode.CertificateUnusable, Message = message, Advice = advice, Permanent = true });
}
