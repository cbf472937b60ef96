using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SmtpTls.Cli.Options;

namespace SmtpTls.Cli.Input;

/// <summary>Certificates that a client uses, from files.</summary>
internal static class CertificateInput
{
    // A bundle of all public roots is some 250 KiB.
    private const long LongestFile = 8 * 1024 * 1024;

    /// <summary>The certificates to trust: PEM with one or more, or a single one in DER. Empty where no file is named.</summary>
    /// <exception cref="SmtpException">The file cannot be read or holds no certificate.</exception>
    public static IReadOnlyList<X509Certificate2> ReadAuthorities(string? path)
    {
        if (path is null)
        {
            return [];
        }

        try
        {
            var bytes = ReadBounded(path);
            var found = new X509Certificate2Collection();
            var text = System.Text.Encoding.Latin1.GetString(bytes);
            if (text.Contains("-----BEGIN ", StringComparison.Ordinal))
            {
                found.ImportFromPem(text);
            }
            else
            {
                found.Import(bytes);
            }

            return found.Count > 0 ? [.. found] : throw Unusable($"--ca: there is no certificate in '{path}'.", null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException or NotSupportedException)
        {
            throw Unusable($"--ca: '{path}' cannot be read as certificates: {e.Message}", e);
        }
    }

    /// <summary>A certificate with its private key, to show to a server that asks for one. Null where no file is named.</summary>
    /// <param name="path">PFX, or PEM.</param>
    /// <param name="keyPath">The key in PEM; null where it stands in <paramref name="path"/>.</param>
    /// <exception cref="SmtpException">A file cannot be read, or the key does not belong to the certificate.</exception>
    public static X509Certificate2? ReadClientCertificate(string? path, string? keyPath)
    {
        if (path is null)
        {
            return keyPath is null ? null : throw UsageErrors.Refuse("--client-key was given without --client-certificate.", "Give both.");
        }

        try
        {
            var isPem = ReadBounded(path).AsSpan().IndexOf("-----BEGIN "u8) >= 0;
            if (!isPem)
            {
                return new X509Certificate2(path);
            }

            // Once through PFX: Windows' TLS cannot use a key that was never in a container.
            using var fromPem = X509Certificate2.CreateFromPemFile(path, keyPath ?? path);
            return new X509Certificate2(fromPem.Export(X509ContentType.Pfx));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException or NotSupportedException)
        {
            var files = keyPath is null ? $"'{path}'" : $"'{path}' and '{keyPath}'";
            throw new SmtpException(
                new SmtpFailure
                {
                    Code = FindingCode.CertificateUnusable,
                    Message = $"--client-certificate: {files} cannot be used: {e.Message}",
                    Advice = "Give a PFX file without a password, or certificate and key in PEM; the key has to belong to the certificate.",
                    Permanent = true,
                    Cause = e.Message,
                },
                e);
        }
    }

    private static byte[] ReadBounded(string path)
    {
        // The system would say of a folder that access is denied, or that there is no such file.
        var length = Directory.Exists(path) ? throw new IOException("it is a folder.") : new FileInfo(path).Length;
        return length <= LongestFile
            ? File.ReadAllBytes(path)
            : throw new IOException(FormattableString.Invariant($"it is {length} bytes long, and no file of certificates is."));
    }

    private static SmtpException Unusable(string message, Exception? cause) =>
        UsageErrors.Refuse(message, "Give a PEM file with one or more certificates (-----BEGIN CERTIFICATE-----).", cause);
}
