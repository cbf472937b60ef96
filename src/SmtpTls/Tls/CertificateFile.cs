using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SmtpTls.Tls;

namespace SmtpTls;

/// <summary>Reads the certificates that a client needs from files.</summary>
public static class CertificateFile
{
    // A bundle of all public roots is some 250 KiB.
    private const long LongestBundle = 8 * 1024 * 1024;

    /// <summary>The certificates to trust: PEM with one or more, or a single one in DER.</summary>
    /// <param name="path">The file, at most 8 MiB.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.CertificateUnusable"/>, naming the file and the remedy.</exception>
    public static IReadOnlyList<X509Certificate2> ReadTrusted(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var all = new X509Certificate2Collection();
        try
        {
            var content = ReadBounded(path);
            if (content.AsSpan().IndexOf("-----BEGIN "u8) >= 0)
            {
                // PEM is ASCII (RFC 7468 §3); explanatory text around it may be anything.
                all.ImportFromPem(Encoding.Latin1.GetString(content));
            }
            else
            {
                all.Import(content);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw CertificateTrouble.Unusable(
                $"The certificate file '{path}' cannot be read: {exception.Message}", "Give the path of an existing PEM or CER file.", exception);
        }
        catch (CryptographicException exception)
        {
            throw CertificateTrouble.Unusable(
                $"The file '{path}' holds no certificate that can be read: {exception.Message}", Advice, exception);
        }

        return all.Count > 0 ? all.ToArray() : throw CertificateTrouble.Unusable($"The file '{path}' holds no certificate.", Advice);
    }

    /// <summary>A certificate with its private key, to show to a server that asks for one.</summary>
    /// <param name="path">PFX, or PEM.</param>
    /// <param name="keyPath">The key in PEM; null where it stands in <paramref name="path"/>.</param>
    /// <param name="password">Opens the file or the key; null for none.</param>
    /// <exception cref="SmtpException"><see cref="FindingCode.CertificateUnusable"/>, naming the file and the remedy.</exception>
    public static X509Certificate2 ReadClient(string path, string? keyPath = null, string? password = null)
    {
        var loaded = new CertificateFiles(path, keyPath, password).Load().Leaf;
        if (!OperatingSystem.IsWindows())
        {
            return loaded;
        }

        // Windows' TLS cannot use a key that was never in a container; a PFX round trip gives it one.
        using (loaded)
        {
            return new X509Certificate2(loaded.Export(X509ContentType.Pfx));
        }
    }

    private static string Advice => "Give a PEM file with one or more certificates (-----BEGIN CERTIFICATE-----), or a single one in DER.";

    private static byte[] ReadBounded(string path)
    {
        if (Directory.Exists(path))
        {
            // The system would say that access is denied, or that there is no such file.
            throw new IOException("it is a folder.");
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (file.Length > LongestBundle)
        {
            throw new IOException(FormattableString.Invariant($"it is {file.Length} bytes long, and no file of certificates is longer than {LongestBundle}."));
        }

        var content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    }
}
