using System.Security.Cryptography.X509Certificates;
using SmtpTls.Cli.Options;

namespace SmtpTls.Cli.Input;

/// <summary>Certificates that a client uses, from the files that options name.</summary>
internal static class CertificateInput
{
    /// <summary>The certificates to trust. Empty where no file is named.</summary>
    /// <exception cref="SmtpException">The file cannot be read or holds no certificate; the option is named.</exception>
    public static IReadOnlyList<X509Certificate2> ReadAuthorities(string? path) =>
        path is null ? [] : Named("--ca", () => CertificateFile.ReadTrusted(path));

    /// <summary>A certificate with its private key, to show to a server that asks for one. Null where no file is named.</summary>
    /// <param name="path">PFX, or PEM.</param>
    /// <param name="keyPath">The key in PEM; null where it stands in <paramref name="path"/>.</param>
    /// <exception cref="SmtpException">A file cannot be read, or the key does not belong to the certificate; the option is named.</exception>
    public static X509Certificate2? ReadClientCertificate(string? path, string? keyPath)
    {
        if (path is not null)
        {
            return Named("--client-certificate", () => CertificateFile.ReadClient(path, keyPath));
        }

        return keyPath is null ? null : throw UsageErrors.Refuse("--client-key was given without --client-certificate.", "Give both.");
    }

    private static T Named<T>(string option, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (SmtpException e)
        {
            throw new SmtpException(e.Failure with { Message = $"{option}: {e.Failure.Message}" }, e);
        }
    }
}
